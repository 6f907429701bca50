'use strict';

module.exports = 17;
