'use strict';

module.exports = 32;
