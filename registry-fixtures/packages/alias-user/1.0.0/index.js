'use strict';

const older = require('greet-old');
const newer = require('greet-new');
const { names } = require('colour');

module.exports = (name) => [older(name), newer(name), names.length];
