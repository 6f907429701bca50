'use strict';
// Paths, `exports` and `imports`, and the parts of the API that the vectors leave out.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const paths = require('../paths.cjs');
const { printed } = require('./assemble.cjs');
const { createApi } = require('../api.cjs');
const { parseRegistry } = require('../registry.cjs');
const { hydrateRuntimeState } = require('../state.cjs');
const { lookUpExport, lookUpImport } = require('../exports.cjs');

const NODE = new Set(['node', 'require']);

test('requests are split into name and rest', () => {
  assert.deepEqual(paths.splitBareRequest('@s/n/a/b'), { name: '@s/n', subpath: 'a/b', isSlashed: false });
  assert.deepEqual(paths.splitBareRequest('n/'), { name: 'n', subpath: '', isSlashed: true });
  for (const request of ['./x', '../x', '/x', '.', '..', 'C:\\x', 'c:/x']) assert.equal(paths.splitBareRequest(request), null, request);
  assert.deepEqual(paths.splitBareRequest('.hidden'), { name: '.hidden', subpath: '', isSlashed: false });
});

test('an archive inside an archive is entered from the outside', () => {
  assert.deepEqual([...paths.archiveSplits('/a.zip/b.zip/c')], [
    ['/a.zip', 'b.zip/c'],
    ['/a.zip/b.zip', 'c'],
  ]);
  assert.deepEqual([...paths.archiveSplits('/a.zip')], []);
});

const EXPORTS = [
  ['./main.js', '.', { target: './main.js' }],
  [{ require: './r.js', default: './d.js' }, '.', { target: './r.js' }],
  [{ import: './i.js', default: './d.js' }, '.', { target: './d.js' }],
  [{ browser: { node: './b.js' }, node: { import: './i.js' }, default: './d.js' }, '.', { target: './d.js' }],
  [{ '.': './m.js', './x': './x.js' }, './x', { target: './x.js' }],
  [{ './x/*': './y/*.js' }, './x/a/b', { target: './y/a/b.js' }],
  [{ './x/*': './y/*.js', './x/a/*': './z/*', './x/a/*.js': './w/*' }, './x/a/b.js', { target: './w/b' }],
  [{ './x/*': './y/*', './x/secret/*': null }, './x/secret/a', { problem: /closed on purpose/ }],
  [{ './*': './*', './x': [{ import: './i.js' }, './y.js'] }, './x', { target: './y.js' }],
  [{ './x': ['y', './y.js'] }, './x', { target: './y.js' }],
  [{ '.': './m.js' }, './x', { problem: /no entry names it/ }],
  [{ '.': { import: './m.js' } }, '.', { problem: /no entry holds under the conditions node, require/ }],
  [{ '.': './m.js', require: './r.js' }, '.', { problem: /mix subpaths and conditions/ }],
  [{ '.': '../out.js' }, '.', { problem: /leaves the package/ }],
  [{ '.': './../out.js' }, '.', { problem: /not allowed/ }],
  [{ './*': './*' }, './../../out.js', { problem: /not allowed/ }],
  [{ './*': './*' }, './node_modules/x', { problem: /not allowed/ }],
  [{ '.': 5 }, '.', { problem: /neither a path/ }],
];

test('exports follow conditions, patterns, lists and null', () => {
  for (const [exports, subpath, expected] of EXPORTS) {
    const { problem, ...found } = lookUpExport(exports, subpath, NODE);
    const label = `${subpath} of ${JSON.stringify(exports)}`;
    if (expected.problem === undefined) assert.deepEqual(found, expected, label);
    else assert.match(problem ?? 'found', expected.problem, label);
  }
});

test('imports may name files and packages', () => {
  const imports = { '#a': './a.js', '#b': { node: 'b/sub' }, '#c/*': 'c/*', '#d': '../d' };
  assert.deepEqual(lookUpImport(imports, '#a', NODE), { target: './a.js' });
  assert.deepEqual(lookUpImport(imports, '#b', NODE), { bare: 'b/sub' });
  assert.deepEqual(lookUpImport(imports, '#c/x', NODE), { bare: 'c/x' });
  assert.match(lookUpImport(imports, '#d', NODE).problem, /leaves the package/);
  assert.match(lookUpImport(undefined, '#e', NODE).problem, /no entry names it/);
});

/** Files that exist, with manifests by folder. */
function disk(files, manifests = {}) {
  const isFolder = (path) => Object.keys(files).some((file) => file.startsWith(`${path}/`));
  return {
    kind: (path) => (path in files ? 'file' : isFolder(path) ? 'folder' : null),
    realPath: (path) => path,
    manifest: (folder) => manifests[folder] ?? null,
  };
}

function apiOf(state, files = disk({})) {
  const data = { dependencyTreeRoots: [{ name: 'root', reference: 'workspace:.' }], fallbackPool: [], ...state };
  return createApi({ state: hydrateRuntimeState(data, { basePath: '/p' }), files, pnpPath: '/p/.pnp.cjs', setup() {} }).api;
}

test('a map that cannot be read is told by the folder of its project', () => {
  const registry = [[null, [[null, root([['a', 'npm:1']])]]]];
  const cut = printed({ packageRegistryData: registry }).replace('[["a","npm:1"]]', '[["a",');
  for (const map of ['<<<<<<< ours\n', '{}', cut]) {
    const state = hydrateRuntimeState(map, { basePath: '/p' });
    const { api } = createApi({ state, files: disk({}), pnpPath: '/p/.pnp.cjs', setup() {} });
    const expected = { code: 'ERR_PKG_MAP_DAMAGED', message: /^The map of \/p\/ is damaged: [^]*`pkg install` writes it anew$/ };
    assert.throws(() => api.resolveToUnqualified('a', '/p/x.js'), expected, map);
  }
});

const root = (dependencies) => ({ packageLocation: './', packageDependencies: dependencies, linkType: 'SOFT' });

test('packages are described with absolute locations, maps and sets', () => {
  const info = { packageLocation: '../store/a/', packageDependencies: [['b', 'npm:1']], packagePeers: ['b'], linkType: 'HARD', discardFromLookup: true };
  const api = apiOf({ packageRegistryData: [[null, [[null, root([])]]], ['a', [['npm:1', info]]]] });
  const found = api.getPackageInformation({ name: 'a', reference: 'npm:1' });
  assert.equal(found.packageLocation, '/store/a/');
  assert.deepEqual(found.packageDependencies, new Map([['b', 'npm:1']]));
  assert.deepEqual(found.packagePeers, new Set(['b']));
  assert.deepEqual([found.linkType, found.discardFromLookup], ['HARD', true]);
  assert.equal(api.getPackageInformation({ name: 'a', reference: 'npm:2' }), null);
  assert.equal(api.findPackageLocator('/store/a/x.js'), null);
  assert.deepEqual(api.topLevel, { name: null, reference: null });
  assert.deepEqual(api.VERSIONS, { std: 3, resolveVirtual: 1, getAllLocators: 1 });
  assert.deepEqual(api.getAllLocators(), [{ name: 'a', reference: 'npm:1' }]);
  api.getDependencyTreeRoots().push('x');
  assert.deepEqual(api.getDependencyTreeRoots(), [{ name: 'root', reference: 'workspace:.' }]);
  assert.equal(api.resolveRequest('pnpapi', '/p/'), '/p/.pnp.cjs');
});

test('a path is qualified by extension, main and index', () => {
  const files = { '/p/x.js': 1, '/p/d/index.json': 1, '/p/m/lib/main.js': 1, '/p/n/index.js': 1, '/p/e': 1 };
  const api = apiOf({ packageRegistryData: [[null, [[null, root([])]]]] }, disk(files, { '/p/m/': { main: 'lib/main' }, '/p/n/': { main: './gone' } }));
  assert.equal(api.resolveUnqualified('/p/x'), '/p/x.js');
  assert.equal(api.resolveUnqualified('/p/e'), '/p/e');
  assert.equal(api.resolveUnqualified('/p/d'), '/p/d/index.json');
  assert.equal(api.resolveUnqualified('/p/m/'), '/p/m/lib/main.js');
  assert.equal(api.resolveUnqualified('/p/n'), '/p/n/index.js');
  assert.throws(() => api.resolveUnqualified('/p/x', { extensions: [] }), { pnpCode: 'QUALIFIED_PATH_RESOLUTION_FAILED' });
});

test('exports, conditions and private imports take part in resolveRequest', () => {
  const manifests = { '/p/a/': { exports: { '.': { custom: './c.js', default: './d.js' } }, imports: { '#x': 'b', '#fs': 'fs', '#y': './d.js' } } };
  const files = disk({ '/p/a/c.js': 1, '/p/a/d.js': 1, '/p/b/index.js': 1 }, manifests);
  const a = { packageLocation: './a/', packageDependencies: [['a', 'npm:1'], ['b', 'npm:1']], linkType: 'HARD' };
  const b = { packageLocation: './b/', packageDependencies: [], linkType: 'HARD' };
  const api = apiOf({ packageRegistryData: [[null, [[null, root([['a', 'npm:1']])]]], ['a', [['npm:1', a]]], ['b', [['npm:1', b]]]] }, files);
  assert.equal(api.resolveRequest('a', '/p/'), '/p/a/d.js');
  assert.equal(api.resolveRequest('a', '/p/', { conditions: new Set(['custom']) }), '/p/a/c.js');
  assert.equal(api.resolveRequest('a', '/p/a/d.js'), '/p/a/d.js');
  assert.equal(api.resolveRequest('#x', '/p/a/d.js'), '/p/b/index.js');
  assert.equal(api.resolveRequest('#y', '/p/a/d.js'), '/p/a/d.js');
  assert.throws(() => api.resolveRequest('#z', '/p/a/d.js'), { pnpCode: 'EXPORTS_RESOLUTION_FAILED' });
  assert.throws(() => api.resolveRequest('a/d.js', '/p/'), { code: 'EXPORTS_RESOLUTION_FAILED', message: /"\.\/d\.js": no entry names it/ });
  assert.equal(api.resolveRequest('fs', '/p/'), null);
  assert.equal(api.resolveRequest('./d', '/p/a/c.js'), '/p/a/d.js');
  assert.throws(() => api.resolveRequest('./d', null), { pnpCode: 'API_ERROR' });
});

test('a root that lacks its own peer is told so', () => {
  const api = apiOf({ packageRegistryData: [[null, [[null, root([])]]], ['root', [['workspace:.', root([['peer', null]])]]]] });
  assert.throws(() => api.resolveToUnqualified('peer', '/p/'), { pnpCode: 'MISSING_PEER_DEPENDENCY', message: /^Your application tried to access peer \(a peer dependency\), but nothing stands above it/ });
});

test('packages of old frameworks lend their dependencies', () => {
  const scripts = { packageLocation: './s/', packageDependencies: [['c', 'npm:1']], linkType: 'HARD' };
  const plain = (location) => ({ packageLocation: location, packageDependencies: [], linkType: 'HARD' });
  const registry = [[null, [[null, root([])]]], ['c', [['npm:1', plain('./c/')]]], ['d', [['npm:1', plain('./d/')]]], ['react-scripts', [['npm:1', scripts]]]];
  const state = { packageRegistryData: registry, enableTopLevelFallback: true };
  assert.equal(apiOf(state).resolveToUnqualified('c', '/p/d/x.js'), '/p/c/');
  const strict = apiOf({ ...state, enableTopLevelFallback: false });
  assert.throws(() => strict.resolveToUnqualified('c', '/p/d/x.js'), { pnpCode: 'UNDECLARED_DEPENDENCY' });
});

const MAP = {
  dependencyTreeRoots: [{ name: 'root', reference: 'workspace:.' }],
  packageRegistryData: [
    [null, [[null, root([['a', 'npm:1']])]]],
    ['@s/a', [['npm:1', { packageLocation: './a/', packageDependencies: [], linkType: 'HARD', discardFromLookup: true }]]],
    ['b', [['npm:1', root([])], ['virtual:ab#npm:1', { packageLocation: './b/', packageDependencies: [['c', ['d', 'npm:1']], ['e', null]], packagePeers: ['c'], linkType: 'HARD' }]]],
  ],
};

/** Everything that a registry says. */
const saidBy = ({ data, packages }) => ({
  roots: data.dependencyTreeRoots,
  packages: packages.map(([name, entries]) => [name, entries.map(({ reference, location, isDiscarded, raw }) => [reference, location, isDiscarded, raw])]),
});

test('a printed map is cut by line, and says the same as when it is parsed', () => {
  assert.deepEqual(saidBy(parseRegistry(printed(MAP))), saidBy(parseRegistry(MAP)));
  assert.deepEqual(saidBy(parseRegistry(JSON.stringify(MAP))), saidBy(parseRegistry(MAP)));
});

test('only the packages that are asked for are parsed', () => {
  const broken = printed(MAP).replace('[["a","npm:1"]]', '[["a","npm:1"');
  const { packages } = parseRegistry(broken);
  assert.deepEqual(packages[1][1][0].raw.packageLocation, './a/');
  assert.throws(() => packages[0][1][0].raw, SyntaxError);
});

test('a map that was edited by hand is parsed as a whole, or refused', () => {
  const escaped = printed(MAP).replace('"./b/"', '"./\\u0062/"');
  assert.equal(parseRegistry(escaped).packages[2][1][1].location, './b/');
  const spaced = printed(MAP).replace(',{"packageLocation":"./a/"', ', {"packageLocation": "./a/"');
  assert.deepEqual(saidBy(parseRegistry(spaced)), saidBy(parseRegistry(MAP)));
  for (const cut of [20, 200, 300, 420]) assert.throws(() => parseRegistry(printed(MAP).slice(0, cut)), SyntaxError, String(cut));
});
