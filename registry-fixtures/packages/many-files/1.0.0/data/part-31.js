'use strict';

module.exports = 31;
