'use strict';

module.exports = 24;
