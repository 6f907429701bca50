'use strict';

module.exports = 'one';
