'use strict';

const pattern = require('tiny-route-pattern');

/** Makes a router: routes are tried in the order in which they were added. */
function router() {
  const routes = [];
  const add = (method) => (path, handler) => {
    routes.push({ method, match: pattern(path), handler });
  };
  const find = (method, path) => {
    for (const route of routes) {
      const parameters = route.method === method ? route.match(path) : undefined;
      if (parameters) return { handler: route.handler, parameters };
    }
    return undefined;
  };
  return { get: add('GET'), post: add('POST'), put: add('PUT'), delete: add('DELETE'), find };
}

module.exports = router;
