'use strict';

const host = require('plug-host');

host.add('one');
module.exports = host;
