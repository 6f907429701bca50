'use strict';

const one = require('plug-set');
const two = require('plug-set-two');

module.exports = [one(), two()];
