'use strict';

module.exports = require('letter-case');
