'use strict';

const fs = require('node:fs');
const path = require('node:path');

fs.appendFileSync(path.join(__dirname, 'built.txt'), 'preinstall\n');
