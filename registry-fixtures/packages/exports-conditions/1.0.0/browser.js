'use strict';

module.exports = 'browser';
