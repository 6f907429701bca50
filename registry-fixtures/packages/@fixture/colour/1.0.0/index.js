'use strict';

module.exports = require('colour-name');
