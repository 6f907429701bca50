'use strict';

module.exports = 33;
