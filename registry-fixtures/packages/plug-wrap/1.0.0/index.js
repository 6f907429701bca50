'use strict';

const host = require('plug-one');

module.exports = () => host.list();
