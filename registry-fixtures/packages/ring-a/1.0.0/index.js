'use strict';

exports.name = 'a';
exports.next = require('ring-b').name;
