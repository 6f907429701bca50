#!/usr/bin/env node
/* eslint-disable */
// @ts-nocheck
"use strict";

function $$SETUP_STATE(hydrateRuntimeState, basePath) {
  const file = require('path').join(__dirname, '.pnp.data.json');
  return hydrateRuntimeState(JSON.parse(require('fs').readFileSync(file, 'utf8')), {basePath: basePath || __dirname});
}
