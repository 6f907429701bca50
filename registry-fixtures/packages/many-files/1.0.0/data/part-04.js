'use strict';

module.exports = 4;
