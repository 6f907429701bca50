'use strict';
// How a file of the layer is to be compiled. Node decides this for files on disk with its own readers, which see
// neither archives nor virtual paths.

const path = require('path');

const BY_EXTENSION = { '.cjs': 'commonjs', '.json': 'json', '.mjs': 'module', '.node': 'addon', '.wasm': 'wasm' };
const LOOKS_LIKE_MODULE = /^\s*(?:import\b(?!\s*\()|export\b)|\bimport\.meta\b/m;
const ONLY_IN_MODULES = /Cannot use import statement|Unexpected token 'export'|Cannot use 'import\.meta'/;

/** Whether a text that says nothing of its kind compiles as a module only. */
function isModuleSyntax(source) {
  if (!LOOKS_LIKE_MODULE.test(source)) return false;
  const { Script } = require('vm');
  try {
    new Script(`(function () {${source.replace(/^#!/, '//')}\n})`);
    return false;
  } catch (error) {
    return ONLY_IN_MODULES.test(error.message);
  }
}

/** 'module', 'commonjs', 'json', 'wasm' or 'addon'. `files` reads it. */
function formatOf(files, portable) {
  const byExtension = BY_EXTENSION[path.posix.extname(portable)];
  if (byExtension !== undefined) return byExtension;
  if (!portable.endsWith('.js')) return 'commonjs';
  const type = files.nearestManifest(portable)?.type;
  if (type === 'module' || type === 'commonjs') return type;
  return isModuleSyntax(files.text(portable)) ? 'module' : 'commonjs';
}

module.exports = { formatOf };
