'use strict';

module.exports = require('plug-wrap');
