'use strict';

module.exports = 16;
