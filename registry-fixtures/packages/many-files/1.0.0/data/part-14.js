'use strict';

module.exports = 14;
