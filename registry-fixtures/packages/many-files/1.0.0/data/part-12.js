'use strict';

module.exports = 12;
