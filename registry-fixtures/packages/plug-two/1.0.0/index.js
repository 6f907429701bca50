'use strict';

const host = require('plug-host');

host.add('two');
module.exports = host;
