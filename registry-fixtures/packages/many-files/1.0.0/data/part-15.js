'use strict';

module.exports = 15;
