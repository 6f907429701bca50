'use strict';

console.error('this script always fails');
process.exitCode = 3;
