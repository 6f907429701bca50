'use strict';

const fs = require('node:fs');
const path = require('node:path');

let built = [];
try {
  built = fs.readFileSync(path.join(__dirname, 'built.txt'), 'utf8').trim().split('\n');
} catch {
  // The scripts did not run.
}

module.exports = built;
