'use strict';

function range(end) {
  return Array.from({ length: end }, (_, index) => index);
}

module.exports = { range, sum: (list) => list.reduce((a, b) => a + b, 0), version: '1.2.0' };
