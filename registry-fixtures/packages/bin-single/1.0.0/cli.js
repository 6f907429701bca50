#!/usr/bin/env node
'use strict';

console.log('bin-single', ...process.argv.slice(2));
