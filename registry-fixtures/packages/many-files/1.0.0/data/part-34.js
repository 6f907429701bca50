'use strict';

module.exports = 34;
