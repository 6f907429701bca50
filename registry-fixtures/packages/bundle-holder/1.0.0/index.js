'use strict';

const inner = require('bundle-inner');
const { upperFirst } = require('letter-case');

module.exports = upperFirst(inner);
