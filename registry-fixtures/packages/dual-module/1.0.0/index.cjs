'use strict';

exports.system = 'cjs';
