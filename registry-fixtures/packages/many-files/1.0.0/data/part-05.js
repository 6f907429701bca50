'use strict';

module.exports = 5;
