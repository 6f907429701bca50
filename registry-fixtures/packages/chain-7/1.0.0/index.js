'use strict';

module.exports = 1 + require('chain-8');
