'use strict';

module.exports = 37;
