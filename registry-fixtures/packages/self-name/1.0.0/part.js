'use strict';

module.exports = 'part';
