'use strict';

module.exports = 23;
