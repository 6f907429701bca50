'use strict';

module.exports = 'inner';
