#!/usr/bin/env node
'use strict';

console.log(require('bin-single/package.json').version);
