'use strict';

module.exports = 'index is the default';
