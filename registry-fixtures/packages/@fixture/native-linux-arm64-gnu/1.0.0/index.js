'use strict';

module.exports = 'linux-arm64-gnu';
