'use strict';

const { STATUS_CODES } = require('node:http');

module.exports = (status) => STATUS_CODES[status] || 'Unknown';
