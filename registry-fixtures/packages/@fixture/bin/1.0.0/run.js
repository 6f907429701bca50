#!/usr/bin/env node
'use strict';

console.log('scoped', ...process.argv.slice(2));
