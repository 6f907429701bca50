'use strict';

module.exports = 25;
