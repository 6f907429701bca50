'use strict';

module.exports = 'inner, from the registry';
