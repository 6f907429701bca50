'use strict';

module.exports = 'linux-x64-gnu';
