#!/usr/bin/env node
'use strict';

const path = require('node:path');
const { run } = require('./index.js');

for (const file of process.argv.slice(2)) require(path.resolve(file));

run().then((failures) => {
  process.exitCode = failures > 0 ? 1 : 0;
});
