'use strict';

module.exports = 'win32-x64';
