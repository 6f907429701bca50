'use strict';

const greet = require('greet');

let has = false;
try {
  require('not-here');
  has = true;
} catch {
  // That is what optional means.
}

module.exports = { greet, has };
