'use strict';
// The vectors of the specification: Yarn's own 17, 1,004 over made-up maps, and 2,036 over maps of real projects.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { printed } = require('./assemble.cjs');
const { createApi } = require('../api.cjs');
const { hydrateRuntimeState } = require('../state.cjs');

const SPECIFICATION = path.resolve(__dirname, '../../../../../../shared/spec');
const isThere = fs.existsSync(path.join(SPECIFICATION, 'pnp'));
const skip = isThere ? false : 'the specification folder is not beside this checkout';

const read = (...names) => JSON.parse(fs.readFileSync(path.join(SPECIFICATION, ...names), 'utf8'));

/** A disk that holds the files that the vectors expect, and no others: the packages themselves are not at hand. */
class ExpectedFiles {
  #files = new Set();
  #mains = new Map();

  expect(file) {
    this.#files.add(file);
    const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(file)?.[0];
    if (folder !== undefined) this.#mains.set(folder, file.slice(folder.length));
  }

  /** A folder that was there although nothing in it could be loaded. */
  expectFolder(folder) {
    this.#files.add(`${folder}README.md`);
  }

  kind(portable) {
    if (this.#files.has(portable)) return 'file';
    const isFolder = [...this.#files].some((file) => file.startsWith(`${portable}/`));
    return isFolder ? 'folder' : null;
  }

  realPath(portable) {
    return portable;
  }

  manifest(folder) {
    const main = this.#mains.get(folder);
    return main === undefined ? null : { main };
  }
}

/** The API over a map. */
function apiOf(map, project, files = new ExpectedFiles()) {
  const state = hydrateRuntimeState(map, { basePath: project });
  return createApi({ state, files, pnpPath: `${project}/.pnp.cjs`, setup() {} }).api;
}

/** A map as it is parsed, as any JSON, and in the form that we print. */
function formsOf(data) {
  return [data, JSON.stringify(data, null, 2), printed(data)];
}

function resultOf(api, { call, args }) {
  try {
    const value = api[call](...args);
    return value === null ? { null: true } : { ok: value };
  } catch (error) {
    return { error: error.code, pnpCode: error.pnpCode, message: error.message.split('\n')[0] };
  }
}

/** Runs all queries and answers how many held. */
function check(api, queries) {
  for (const query of queries) assert.deepEqual({ ...query, result: resultOf(api, query) }, query);
  return queries.length;
}

test("Yarn's own expectations hold", { skip }, () => {
  let count = 0;
  for (const { manifest, tests } of read('pnp/test-expectations.json').suites) {
    const api = apiOf(manifest, '/path/to/project');
    for (const { it, imported, importer, expected } of tests) {
      count += 1;
      // The rules of Node.js are to be asked there, and this host has no such package.
      const isError = expected === 'error!' || expected === imported;
      if (isError) assert.throws(() => api.resolveToUnqualified(imported, importer), { code: 'MODULE_NOT_FOUND' }, it);
      else assert.equal(api.resolveToUnqualified(imported, importer), expected, it);
    }
  }
  assert.equal(count, 17);
});

test('queries over made-up maps get the expected answers', { skip }, () => {
  let count = 0;
  for (const { state, queries } of read('pnp/synthetic-vectors.json').states) {
    for (const map of formsOf(state)) count += check(apiOf(map, '/project'), queries);
  }
  assert.equal(count, 1004 * 3);
});

test('queries over the maps of real projects get the expected answers', { skip }, () => {
  let count = 0;
  for (const { state, queries } of read('pnp/api-vectors.json').cases) {
    const files = new ExpectedFiles();
    const api = apiOf(read('pnp', state), '/project', files);
    for (const { call, args, result } of queries) {
      if (call !== 'resolveRequest') continue;
      if (result.ok) files.expect(result.ok);
      if (result.message?.startsWith('Qualified path')) files.expectFolder(api.resolveToUnqualified(...args));
    }
    for (const map of formsOf(read('pnp', state))) count += check(apiOf(map, '/project', files), queries);
  }
  assert.equal(count, 2036 * 3);
});
