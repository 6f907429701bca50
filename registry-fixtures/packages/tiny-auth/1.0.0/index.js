'use strict';

const { verify } = require('tiny-token');

/** Makes a step that lets requests with a good token through and puts its claims on the context. */
function auth(secret) {
  return async (context, next) => {
    const [, token] = (context.request.headers.authorization || '').split(' ');
    context.claims = token && verify(token, secret);
    if (!context.claims) throw Object.assign(new Error('a valid token is needed'), { status: 401 });
    return next();
  };
}

module.exports = auth;
