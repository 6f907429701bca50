'use strict';

module.exports = 18;
