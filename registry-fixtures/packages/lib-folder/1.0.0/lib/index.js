'use strict';

module.exports = 'lib';
