'use strict';

module.exports = 'darwin-x64';
