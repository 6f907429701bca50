'use strict';

module.exports = 21;
