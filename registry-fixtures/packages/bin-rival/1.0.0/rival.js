#!/usr/bin/env node
'use strict';

console.log('rival', ...process.argv.slice(2));
