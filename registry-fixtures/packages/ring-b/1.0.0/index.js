'use strict';

exports.name = 'b';
exports.next = require('ring-c').name;
