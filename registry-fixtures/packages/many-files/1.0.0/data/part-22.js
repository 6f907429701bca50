'use strict';

module.exports = 22;
