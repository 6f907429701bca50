'use strict';

const greet = require('greet');
const { colour } = require('@fixture/colour');

module.exports = (name) => `${greet(name)} ${colour('red')}`;
