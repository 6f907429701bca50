'use strict';

module.exports = 20;
