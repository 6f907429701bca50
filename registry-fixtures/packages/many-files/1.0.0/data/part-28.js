'use strict';

module.exports = 28;
