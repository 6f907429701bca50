'use strict';

const { colour } = require('colour-name');
const mix = require('colour-mix');

module.exports = (left, right) => `${colour(left)} + ${colour(right)} = ${mix(left, right)}`;
