'use strict';

module.exports = 19;
