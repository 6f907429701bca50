'use strict';

module.exports = 27;
