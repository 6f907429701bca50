'use strict';

function greet(name) {
  return `Hi, ${name}!`;
}

module.exports = greet;
