'use strict';
// The folders that packages would have: what a program that searches them finds under the map.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { Project } = require('./project.cjs');

const PACKAGES = {
  left: { files: { 'index.d.ts': 'left', 'deep/one.d.ts': 'one' }, dependencies: [['right', 'npm:1.0.0']] },
  right: { files: { 'index.d.ts': 'right' }, at: 'zip', dependencies: [['hidden', 'npm:1.0.0']] },
  hidden: { files: { 'index.d.ts': 'hidden' } },
  '@scope/types': { files: { 'index.d.ts': 'scoped' } },
  peered: { files: { 'index.d.ts': 'peered' }, peers: ['hidden'], instances: [['abc123', [['hidden', 'npm:1.0.0']]]] },
};
const DEPENDENCIES = [
  ['left', 'npm:1.0.0'],
  ['peered', 'virtual:abc123#npm:1.0.0'],
  ['other', ['right', 'npm:1.0.0']],
  ['@scope/types', 'npm:1.0.0'],
];
const ALWAYS = { env: { PKG_PNP_FOLDERS: 'always' } };

/** What a program prints as JSON. */
function answered(t, program, { more = {}, ...options } = ALWAYS) {
  const { packages = {}, dependencies = [], files = {} } = more;
  const project = new Project(t, {
    files: { 'main.js': `const fs = require('fs'); process.stdout.write(JSON.stringify((() => { ${program} })()));`, ...files },
    dependencies: [...DEPENDENCIES, ...dependencies],
    packages: { ...PACKAGES, ...packages },
  });
  const { status, out, err } = project.run(['main.js'], options);
  assert.equal(err, '');
  assert.equal(status, 0);
  return { project, answer: JSON.parse(out) };
}

test('files are read through the folders of those that declare their packages', (t) => {
  const { answer } = answered(t, `return [
    'node_modules/left/index.d.ts', 'node_modules/left/deep/one.d.ts', 'node_modules/@scope/types/index.d.ts',
    'node_modules/other/index.d.ts', 'node_modules/left/node_modules/right/index.d.ts',
    'node_modules/other/node_modules/hidden/index.d.ts', 'node_modules/peered/node_modules/hidden/index.d.ts',
  ].map((file) => fs.readFileSync(file, 'utf8'));`);
  assert.deepEqual(answer, ['left', 'one', 'scoped', 'right', 'right', 'hidden', 'hidden']);
});

test('what nobody declares is not there', (t) => {
  const { answer } = answered(t, `return [
    'node_modules/hidden', 'node_modules/left/node_modules/hidden', 'node_modules/nobody/index.js', 'node_modules/.cache',
    'node_modules/left/node_modules/left', 'node_modules/@scope/nobody', 'node_modules/@nobody', 'node_modules/left/node_modules/@scope',
  ].filter((file) => fs.existsSync(file));`);
  assert.deepEqual(answer, []);
});

test('packages are links to where they are, and a virtual one keeps its identity', (t) => {
  const program = `const link = fs.lstatSync('node_modules/left');
    return [link.isSymbolicLink(), fs.statSync('node_modules/left').isDirectory(), fs.readlinkSync('node_modules/left'),
      fs.realpathSync('node_modules/left/index.d.ts'), fs.realpathSync.native('node_modules/peered/index.d.ts'),
      fs.realpathSync('node_modules/other/index.d.ts'), fs.statSync('node_modules').isDirectory(), fs.realpathSync('node_modules')];`;
  const { project, answer } = answered(t, program);
  const at = (place) => path.join(project.root, place);
  assert.deepEqual(answer, [
    true,
    true,
    at('.pkg/store/left/node_modules/left'),
    at('.pkg/store/left/node_modules/left/index.d.ts'),
    at('.pkg/__virtual__/peered-virtual-abc123/0/store/peered/node_modules/peered/index.d.ts'),
    at('.pkg/cache/right-npm-1.0.0.zip/node_modules/right/index.d.ts'),
    true,
    at('node_modules'),
  ]);
});

test('folders list what is declared and what the disk has besides', (t) => {
  const program = `const kinds = fs.readdirSync('node_modules', { withFileTypes: true })
      .map((entry) => [entry.name, entry.isSymbolicLink() ? 'link' : entry.isDirectory() ? 'folder' : 'file']);
    return [kinds, fs.readdirSync('node_modules/@scope'), fs.readdirSync('node_modules/left/node_modules')];`;
  const { answer } = answered(t, program, { ...ALWAYS, more: { files: { 'node_modules/.cache/x': '', 'node_modules/left.txt': '' } } });
  assert.deepEqual(answer, [
    [
      ['.cache', 'folder'],
      ['@scope', 'folder'],
      ['left', 'link'],
      ['left.txt', 'file'],
      ['other', 'link'],
      ['peered', 'link'],
    ],
    ['types'],
    ['right'],
  ]);
});

test('what the disk has goes first', (t) => {
  const { answer } = answered(t, "return fs.readFileSync('node_modules/left/index.d.ts', 'utf8');", {
    ...ALWAYS,
    more: { files: { 'node_modules/left/index.d.ts': 'by hand' } },
  });
  assert.equal(answer, 'by hand');
});

test('nothing is written through the folders', (t) => {
  const program = `const fails = (act) => { try { act(); return null; } catch (error) { return error.code; } };
    return [fails(() => fs.writeFileSync('node_modules/left/index.d.ts', 'x')), fails(() => fs.openSync('node_modules/left/index.d.ts', 'w')),
      fails(() => fs.unlinkSync('node_modules/left')), fails(() => fs.mkdirSync('node_modules/.cache', { recursive: true }))];`;
  const { project, answer } = answered(t, program);
  assert.deepEqual(answer, ['ENOENT', 'ENOENT', 'ENOENT', null]);
  assert.equal(fs.readFileSync(path.join(project.root, '.pkg/store/left/node_modules/left/index.d.ts'), 'utf8'), 'left');
  assert.deepEqual(fs.readdirSync(path.join(project.root, 'node_modules')), ['.cache']);
});

test('an absolute path into a folder can be required', (t) => {
  const more = { packages: { code: { files: { 'index.js': 'module.exports = __filename;' } } }, dependencies: [['code', 'npm:1.0.0']] };
  const program = "return [require(process.cwd() + '/node_modules/code'), require('./node_modules/code/index.js')];";
  const { project, answer } = answered(t, program, { ...ALWAYS, more });
  const file = path.join(project.root, '.pkg/store/code/node_modules/code/index.js');
  assert.deepEqual(answer, [file, file]);
});

const SEARCHER = {
  packages: { typescript: { files: { 'lib/typescript.js': "exports.has = () => require('fs').existsSync('node_modules/left/index.d.ts');" } } },
  dependencies: [['typescript', 'npm:1.0.0']],
};
const SEARCH = "const has = () => fs.existsSync('node_modules/left/index.d.ts'); return [has(), require('typescript/lib/typescript.js').has(), has()];";

test('they open when TypeScript is loaded, and not before', (t) => {
  assert.deepEqual(answered(t, SEARCH, { more: SEARCHER }).answer, [false, true, true]);
});

test('they stay closed where the environment says so', (t) => {
  const { answer } = answered(t, SEARCH, { more: SEARCHER, env: { PKG_PNP_FOLDERS: 'never' } });
  assert.deepEqual(answer, [false, false, false]);
});
