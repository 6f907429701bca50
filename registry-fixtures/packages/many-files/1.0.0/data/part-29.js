'use strict';

module.exports = 29;
