'use strict';

exports.name = 'c';
exports.next = require('ring-a').name;
