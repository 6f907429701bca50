'use strict';

module.exports = require('self-name/part');
