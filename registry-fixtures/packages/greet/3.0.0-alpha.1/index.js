'use strict';

const { upperFirst } = require('letter-case');

function greet(name) {
  return `Salve, ${upperFirst(name)}!`;
}

module.exports = greet;
