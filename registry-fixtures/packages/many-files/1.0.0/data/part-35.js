'use strict';

module.exports = 35;
