#!/usr/bin/env node
'use strict';

console.log('bin-single two', ...process.argv.slice(2));
