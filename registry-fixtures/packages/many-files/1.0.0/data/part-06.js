'use strict';

module.exports = 6;
