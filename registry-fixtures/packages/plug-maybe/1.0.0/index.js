'use strict';

let host;
try {
  host = require('plug-host');
} catch {
  host = undefined;
}

module.exports = { hasHost: host !== undefined };
