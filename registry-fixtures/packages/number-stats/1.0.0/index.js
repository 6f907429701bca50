'use strict';

const { sum } = require('number-list');

module.exports = { mean: (list) => (list.length === 0 ? 0 : sum(list) / list.length) };
