'use strict';

module.exports = 39;
