'use strict';

exports.name = 'b';
