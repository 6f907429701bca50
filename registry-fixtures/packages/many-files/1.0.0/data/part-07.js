'use strict';

module.exports = 7;
