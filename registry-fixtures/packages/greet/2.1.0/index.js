'use strict';

const { upperFirst } = require('letter-case');

function greet(name) {
  return `Good day, ${upperFirst(name)}!`;
}

module.exports = greet;
