'use strict';

const { colour } = require('colour-name');

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function mix(left, right) {
  const [a, b] = [channels(colour(left)), channels(colour(right))];
  const hex = a.map((value, at) => Math.round((value + b[at]) / 2).toString(16).padStart(2, '0'));
  return `#${hex.join('')}`;
}

module.exports = mix;
