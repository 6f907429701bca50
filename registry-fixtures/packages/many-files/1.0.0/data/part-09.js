'use strict';

module.exports = 9;
