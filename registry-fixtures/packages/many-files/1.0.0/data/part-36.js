'use strict';

module.exports = 36;
