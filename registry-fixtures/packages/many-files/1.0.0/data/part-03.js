'use strict';

module.exports = 3;
