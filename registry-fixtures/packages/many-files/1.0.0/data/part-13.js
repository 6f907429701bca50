'use strict';

module.exports = 13;
