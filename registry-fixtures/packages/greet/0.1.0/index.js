'use strict';

function greet(name) {
  return `Hey, ${name}!`;
}

module.exports = greet;
