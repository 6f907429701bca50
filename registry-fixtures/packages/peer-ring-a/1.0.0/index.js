'use strict';

exports.name = 'a';
