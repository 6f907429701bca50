#!/usr/bin/env node
'use strict';

console.log('hello', ...process.argv.slice(2));
