'use strict';

const { colour } = require('colour-name');

/** Makes a step that tells `write` of every request. */
function log(write = console.log) {
  return async (context, next) => {
    await next();
    write(`${context.request.method} ${context.url.pathname}`, colour('green'));
  };
}

module.exports = log;
