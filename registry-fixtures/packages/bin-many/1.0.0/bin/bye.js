#!/usr/bin/env node
'use strict';

console.log('bye', ...process.argv.slice(2));
