'use strict';
// Writes `.pnp.cjs` as the Rust side does (`linker/build.rs` and `linker/src/pnp`, by the rules of ../README.md), so
// that the tests run against the file that users get. `cargo test` holds the two against each other.

const fs = require('node:fs');
const path = require('node:path');

const RUNTIME = path.resolve(__dirname, '..');
const read = (name) => fs.readFileSync(path.join(RUNTIME, name), 'utf8');

/** A file's text without comments that fill a line, empty lines and indentation. */
function compact(text) {
  const lines = text.split('\n').map((line) => line.trimStart());
  return lines.filter((line) => line !== '' && !/^(?:\/\/|\/\*\*|\* |\*\/)/.test(line)).join('\n');
}

/** The runtime alone: the frame with all files of the folder in it. */
function runtime() {
  const names = fs.readdirSync(RUNTIME).filter((name) => name.endsWith('.cjs')).sort();
  const modules = names.map((name) => `${JSON.stringify(name)}(module, exports, require) {\n${compact(read(name))}\n},`);
  return read('template/frame.cjs').replace('@MODULES@', () => modules.join('\n'));
}

/** The body of a single-quoted string of JavaScript; line ends stay line ends. */
function quoted(text) {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\\n');
}

const HEADER = '#!/usr/bin/env node\n/* eslint-disable */\n// @ts-nocheck\n// Made by pkg.\n"use strict";\n\n';

/** `.pnp.cjs` with its state in it. */
function inlined(state) {
  return `${HEADER}const RAW_RUNTIME_STATE =\n'${quoted(state.trimEnd())}';\n${runtime()}`;
}

/** `.pnp.cjs` that reads `.pnp.data.json` beside it. */
function readingData() {
  return `${HEADER}const RAW_RUNTIME_STATE = null;\n${runtime()}`;
}

/** The JSON of a map as the Rust side prints it: one line a package. */
function printed({ packageRegistryData, ...data }) {
  const names = packageRegistryData.map(([name, references]) => {
    const lines = references.map(([reference, { packageLocation, ...rest }]) => {
      return `\n[${JSON.stringify(reference)},${JSON.stringify({ packageLocation, ...rest })}]`;
    });
    return `\n[${JSON.stringify(name)},[${lines.join(',')}]]`;
  });
  return `${JSON.stringify(data).slice(0, -1)},\n"packageRegistryData":[${names.join(',')}]}\n`;
}

module.exports = { inlined, printed, loader: () => read('template/loader.mjs'), readingData };

// What `linker/build.rs` writes, to be compared.
if (require.main === module) process.stdout.write(runtime());
