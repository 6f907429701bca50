'use strict';

const { mean } = require('number-stats');
const { range } = require('number-list');

module.exports = (list) => list.map((value) => range(value).map(() => '*').join('')).concat(`mean ${mean(list)}`).join('\n');
