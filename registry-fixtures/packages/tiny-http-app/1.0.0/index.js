'use strict';

const http = require('node:http');
const { json } = require('tiny-body');
const compose = require('tiny-middleware');
const router = require('tiny-router');
const statusName = require('tiny-status');

function send(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** Makes a web application: `use` adds steps, `get` and the like add routes, `listen` starts it. */
function app() {
  const routes = router();
  const steps = [];

  async function route(context) {
    const found = routes.find(context.request.method, context.url.pathname);
    if (!found) return send(context.response, 404, { error: statusName(404) });
    context.parameters = found.parameters;
    const value = await found.handler(context);
    return context.response.writableEnded ? undefined : send(context.response, context.status, value);
  }

  async function handle(request, response) {
    const context = {
      request,
      response,
      status: 200,
      url: new URL(request.url, 'http://localhost'),
      body: () => json(request),
    };
    try {
      await compose([...steps, route])(context);
    } catch (error) {
      const status = error.status || 500;
      send(response, status, { error: error.status ? error.message : statusName(500) });
    }
  }

  return {
    ...routes,
    use: (step) => steps.push(step),
    handler: handle,
    listen: (port, done) => http.createServer(handle).listen(port, '127.0.0.1', done),
  };
}

module.exports = app;
