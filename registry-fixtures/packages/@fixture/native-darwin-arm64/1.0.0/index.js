'use strict';

module.exports = 'darwin-arm64';
