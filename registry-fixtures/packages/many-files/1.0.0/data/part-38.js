'use strict';

module.exports = 38;
