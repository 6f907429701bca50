'use strict';

module.exports = 11;
