'use strict';

module.exports = 26;
