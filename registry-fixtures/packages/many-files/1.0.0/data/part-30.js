'use strict';

module.exports = 30;
