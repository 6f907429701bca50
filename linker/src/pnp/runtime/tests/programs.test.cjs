'use strict';
// Whole programs under the map, each in a process of its own.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { test } = require('node:test');

const { Project, temporaryFolder } = require('./project.cjs');

/** Runs a program that must end well and say nothing on standard error; answers what it printed, as JSON. */
function outputOf(project, args, options) {
  const { status, out, err } = project.run(args, options);
  assert.equal(err, '');
  assert.equal(status, 0);
  return JSON.parse(out);
}

const print = (expression) => `process.stdout.write(JSON.stringify(${expression}))`;

const LEFT = { files: { 'index.js': "exports.name = 'left'; exports.at = __filename;" } };
const RIGHT = {
  at: 'zip',
  dependencies: [['left', 'npm:1.0.0']],
  files: {
    'index.js': "exports.name = 'right of ' + require('left').name; exports.deep = require('./lib');",
    'lib/index.js': 'module.exports = __filename;',
    'bin.js': "#!/usr/bin/env node\nprocess.stdout.write(JSON.stringify([require('left').name, process.argv[2], require.main === module]));",
  },
};
const MODULE = {
  at: 'deflated',
  dependencies: [
    ['left', 'npm:1.0.0'],
    ['right', 'npm:1.0.0'],
  ],
  files: {
    'package.json': {
      type: 'module',
      exports: { '.': { import: './main.js', require: './main.cjs' }, './data': './data.json', './only': { require: './main.cjs' } },
      imports: { '#own': './own.js', '#left': { import: 'left' } },
    },
    'main.js': "import { name } from 'right'; import own from '#own'; import left from '#left'; export default [name, own, left.name];",
    'main.cjs': "module.exports = 'required';",
    'own.js': "export default 'own';",
    'bin.mjs': "import left from 'left'; process.stdout.write(JSON.stringify(left.name));",
    'data.json': '{"five":5}',
  },
};
const PACKAGES = { left: LEFT, right: RIGHT, mod: MODULE };
const DEPENDENCIES = Object.keys(PACKAGES).map((name) => [name, 'npm:1.0.0']);

const project = (t, files, more = {}) => new Project(t, { files, dependencies: DEPENDENCIES, packages: PACKAGES, ...more });

test('a program in CommonJS requires folders and archives', (t) => {
  const made = project(t, { 'main.js': print("[require('left').name, require('right'), require('mod'), process.versions.pnp]") });
  const archive = path.join(made.root, '.pkg/cache/right-npm-1.0.0.zip/node_modules/right/lib/index.js');
  assert.deepEqual(outputOf(made, ['main.js']), ['left', { name: 'right of left', deep: archive }, 'required', '3']);
});

test('a builtin wins over a package of its name', (t) => {
  const made = new Project(t, {
    files: { 'main.js': print("[typeof require('events').once, typeof require('node:fs').readFileSync, require('events/').at]") },
    packages: { events: { files: { 'index.js': "exports.at = 'package';" } } },
    dependencies: [['events', 'npm:1.0.0']],
  });
  assert.deepEqual(outputOf(made, ['main.js']), ['function', 'function', 'package']);
});

test('the state may lie in a file of its own', (t) => {
  const made = project(t, { 'main.js': print("require('right').name") }, { isDataFile: true });
  assert.equal(outputOf(made, ['main.js']), 'right of left');
});

test('a project without archives leaves fs untouched', (t) => {
  const made = new Project(t, {
    files: { 'main.js': print("[require('left').name, require('fs').readFileSync.toString().includes('layer')]") },
    dependencies: [['left', 'npm:1.0.0']],
    packages: { left: LEFT },
  });
  assert.deepEqual(outputOf(made, ['main.js']), ['left', false]);
});

const IMPORTS = [
  "import left from 'left';",
  "import all from 'mod';",
  "import data from 'mod/data' with { type: 'json' };",
  "import pnpapi from 'pnpapi';",
  "import { readFileSync } from 'fs';",
].join('\n');
test('a program of ES modules imports from both, with conditions, private imports and JSON', (t) => {
  const here = "readFileSync(new URL('../x', import.meta.url), 'utf8')";
  const made = project(t, { 'src/main.mjs': `${IMPORTS}\n${print(`[left.name, all, data, typeof pnpapi.resolveRequest, ${here}]`)}`, x: 'x' });
  assert.deepEqual(outputOf(made, ['src/main.mjs']), ['left', ['right of left', 'own', 'left'], { five: 5 }, 'function', 'x']);
});

test('the loader flag serves ES modules too', (t) => {
  const made = project(t, { 'main.mjs': `import all from 'mod';\n${print('all')}` });
  const options = ['--no-warnings', '--require', made.map, '--experimental-loader', path.join(made.root, '.pnp.loader.mjs')];
  assert.deepEqual(outputOf(made, ['main.mjs'], { options }), ['right of left', 'own', 'left']);
});

test('a CommonJS program reaches ES modules by import()', (t) => {
  const made = project(t, { 'main.js': `import('mod').then((mod) => ${print('mod.default')})` });
  assert.deepEqual(outputOf(made, ['main.js']), ['right of left', 'own', 'left']);
});

test('text on the command line is resolved from the working folder', (t) => {
  const made = project(t, {});
  assert.equal(outputOf(made, ['-e', print("require('left').name")]), 'left');
  const text = `import all from 'mod'; ${print('all')}`;
  assert.deepEqual(outputOf(made, ['--input-type=module', '-e', text]), ['right of left', 'own', 'left']);
});

test('modules named by --import are found by the map', (t) => {
  const files = { 'package.json': { type: 'module', exports: './early.js' }, 'early.js': "import left from 'left'; globalThis.seen = left.name;" };
  const made = new Project(t, {
    files: { 'main.js': print('globalThis.seen') },
    packages: { left: LEFT, early: { at: 'zip', dependencies: [['left', 'npm:1.0.0']], files } },
    dependencies: [['early', 'npm:1.0.0']],
  });
  assert.equal(outputOf(made, ['--import', 'early', 'main.js']), 'left');
  const env = { NODE_OPTIONS: `--require ${made.map} --import early` };
  assert.equal(outputOf(made, ['main.js'], { options: [], env }), 'left');
});

test('an ES module under require() sees the map where Node asks hooks for it', (t) => {
  const packages = { left: LEFT, both: { at: 'zip', dependencies: [['left', 'npm:1.0.0']], files: { 'package.json': { type: 'module' }, 'index.js': "export { name } from 'left';" } } };
  const made = new Project(t, { files: { 'main.js': print("require('both').name") }, packages, dependencies: [['both', 'npm:1.0.0']] });
  const { out, err } = made.run(['--no-warnings', 'main.js']);
  if (Module.registerHooks !== undefined) assert.equal(out, '"left"');
  else assert.match(err, /load it by import\(\), or use Node\.js 22\.15 or later/);
});

test('programs inside archives run, in both kinds', (t) => {
  const made = project(t, {});
  const inside = (name, file) => path.join(made.root, `.pkg/cache/${name}-npm-1.0.0.zip/node_modules/${name}/${file}`);
  assert.deepEqual(outputOf(made, [inside('right', 'bin.js'), 'word']), ['left', 'word', true]);
  assert.equal(outputOf(made, [inside('mod', 'bin.mjs')]), 'left');
});

test('a child process has the map, also when only the flag brought it', (t) => {
  const made = project(t, {
    'main.js': "require('child_process').spawn(process.execPath, ['child.mjs'], { stdio: 'inherit' });",
    'child.mjs': `import all from 'mod';\n${print('all')}`,
  });
  assert.deepEqual(outputOf(made, ['main.js']), ['right of left', 'own', 'left']);
  const env = { NODE_OPTIONS: `--require ${made.map}` };
  assert.deepEqual(outputOf(made, ['main.js'], { options: [], env }), ['right of left', 'own', 'left']);
});

test('a folder with a space in its name is handed down to children', (t) => {
  const root = path.join(temporaryFolder(t), 'a folder');
  const files = {
    'main.js': "require('child_process').spawn(process.execPath, ['child.js'], { stdio: 'inherit' });",
    'child.js': print("require('left').name"),
  };
  assert.equal(outputOf(project(t, files, { root }), ['main.js']), 'left');
});

for (const [title, options] of [
  ['worker threads have the map', '{}'],
  ['worker threads with flags of their own have the map', "{ execArgv: ['--no-warnings'] }"],
  ['worker threads with an environment of their own have the map', '{ env: { ...process.env } }'],
]) {
  test(title, (t) => {
    const made = project(t, {
      'main.js': `new (require('worker_threads').Worker)(require.resolve('./work.mjs'), ${options}).on('message', (it) => ${print('it')});`,
      'work.mjs': `import all from 'mod'; import left from 'left'; import { parentPort } from 'worker_threads';
        import { createRequire } from 'module'; const require = createRequire(import.meta.url);
        parentPort.postMessage([all, require('right').name]);`,
    });
    assert.deepEqual(outputOf(made, ['main.js']), [['right of left', 'own', 'left'], 'right of left']);
  });
}

test('a worker thread that is given as a text has the map', (t) => {
  const text = "import('mod').then((mod) => require('worker_threads').parentPort.postMessage([mod.default[0], require('left').name]));";
  const made = project(t, {
    'main.js': `new (require('worker_threads').Worker)(${JSON.stringify(text)}, { eval: true }).on('message', (it) => ${print('it')});`,
  });
  assert.deepEqual(outputOf(made, ['main.js']), ['right of left', 'left']);
});

test('a worker thread may start inside an archive', (t) => {
  const work = { at: 'zip', dependencies: [['left', 'npm:1.0.0']], files: { 'work.js': "require('worker_threads').parentPort.postMessage(require('left').name);" } };
  const made = new Project(t, {
    files: { 'main.js': `new (require('worker_threads').Worker)(require.resolve('work/work.js')).on('message', (it) => ${print('it')});` },
    packages: { left: LEFT, work },
    dependencies: [['work', 'npm:1.0.0']],
  });
  assert.equal(outputOf(made, ['main.js']), 'left');
});

test('require.resolve takes paths, and createRequire stands anywhere', (t) => {
  const made = project(t, {
    'main.js': print(`[
      require.resolve('left', { paths: [require('path').dirname(require.resolve('right'))] }),
      require.resolve('./x', { paths: [__dirname + '/sub'] }),
      require('module').createRequire(__dirname + '/elsewhere/')('right').name,
      require('module').createRequire(require('url').pathToFileURL(require.resolve('right')))('left').name,
      require('pnpapi') === require('module').findPnpApi(__filename),
      require('module').findPnpApi('/'),
      require.resolve('pnpapi'),
    ]`),
    'sub/x.js': '',
  });
  const left = path.join(made.root, '.pkg/store/left/node_modules/left/index.js');
  const expected = [left, path.join(made.root, 'sub/x.js'), 'right of left', 'left', true, null, made.map];
  assert.deepEqual(outputOf(made, ['main.js']), expected);
});

test('each instance of a virtual package sees the peer that its dependent gave', (t) => {
  const peer = (name) => ({ files: { 'index.js': `module.exports = '${name}';` } });
  const plugin = (at) => ({
    at,
    peers: ['peer'],
    files: { 'index.js': "exports.peer = require('peer'); exports.read = require('fs').readFileSync(__dirname + '/text', 'utf8'); exports.at = __filename;", text: 'text' },
    instances: [
      ['aaaa', [['peer', ['one', 'npm:1.0.0']]]],
      ['bbbb', [['peer', ['two', 'npm:1.0.0']]]],
    ],
  });
  for (const at of ['zip', 'folder']) {
    const made = new Project(t, {
      files: { 'main.mjs': `import first from 'first'; import { peer } from 'second'; ${print('[first.peer, first.read, first.at, peer]')}` },
      packages: { one: peer('one'), two: peer('two'), plugin: plugin(at) },
      dependencies: [
        ['first', ['plugin', 'virtual:aaaa#npm:1.0.0']],
        ['second', ['plugin', 'virtual:bbbb#npm:1.0.0']],
      ],
    });
    const [first, read, file, second] = outputOf(made, ['main.mjs']);
    assert.deepEqual([first, read, second], ['one', 'text', 'two']);
    assert.match(file, /__virtual__\/plugin-virtual-aaaa\/0\/.*index\.js$/);
  }
});

test('a project inside another one is ruled by its own map', (t) => {
  const outer = project(t, { 'main.js': print("[require('./inner/main.js'), require('left').name]") });
  const one = { files: { 'index.js': "module.exports = 'only inside';" } };
  new Project(t, { root: path.join(outer.root, 'inner'), files: { 'main.js': "module.exports = require('one');" }, packages: { one }, dependencies: [['one', 'npm:1.0.0']] });
  assert.deepEqual(outputOf(outer, ['main.js']), ['only inside', 'left']);
});

test('places that the project ignores keep the rules of Node.js', (t) => {
  const made = project(
    t,
    { 'main.js': print("require('./old')"), 'old/index.js': "module.exports = require('plain');", 'old/node_modules/plain/index.js': "module.exports = 'plain';" },
    { state: { ignorePatternData: '^old(/|$)' } },
  );
  assert.equal(outputOf(made, ['main.js']), 'plain');
});

const FAILURES = [
  ['an undeclared package', "require('nowhere')", 'UNDECLARED_DEPENDENCY', /^Your application tried to access nowhere.*\n(?:.*\n)*.*`pkg add nowhere`/],
  ['an undeclared package of a package', "require('strict')", 'UNDECLARED_DEPENDENCY', /^strict tried to access right[^]*wanted by {2}strict@npm:1\.0\.0/],
  ['a peer that nobody gives', "require('lonely')", 'MISSING_PEER_DEPENDENCY', /^lonely tried to access peer[^]*missing in root@workspace:\./],
  ['a package that the map lost', "require('lost')", 'MISSING_DEPENDENCY', /^root@workspace:\. depends on lost, but lost@npm:9\.9\.9 has no place/],
  ['a closed subpath', "require('mod/secret')", 'EXPORTS_RESOLUTION_FAILED', /^mod@npm:1\.0\.0 does not export "\.\/secret": no entry names it/],
  ['a file that is not there', "require('right/none.js')", 'QUALIFIED_PATH_RESOLUTION_FAILED', /^Qualified path resolution failed/],
];
for (const [title, text, pnpCode, message] of FAILURES) {
  test(`${title} is an error that names the package at fault`, (t) => {
    const packages = {
      ...PACKAGES,
      strict: { at: 'zip', files: { 'index.js': "require('right');" } },
      lonely: { peers: ['peer'], dependencies: [['peer', null]], files: { 'index.js': "require('peer');" } },
    };
    const made = new Project(t, {
      files: { 'main.js': `try { ${text} } catch (error) { ${print('[error.code, error.pnpCode, error.message]')} }` },
      packages,
      dependencies: [...DEPENDENCIES, ['strict', 'npm:1.0.0'], ['lonely', 'npm:1.0.0'], ['lost', 'npm:9.9.9']],
      state: { enableTopLevelFallback: false },
    });
    const [code, actual, words] = outputOf(made, ['main.js']);
    assert.equal(actual, pnpCode);
    assert.equal(code, pnpCode === 'EXPORTS_RESOLUTION_FAILED' ? pnpCode : 'MODULE_NOT_FOUND');
    assert.match(words, message);
  });
}

test('an import that fails has the code of ES modules', (t) => {
  const made = project(t, { 'main.mjs': `await import('nowhere').catch((error) => ${print('[error.code, error.message.split("\\n")[0]]')})` });
  const [code, line] = outputOf(made, ['main.mjs']);
  assert.equal(code, 'ERR_MODULE_NOT_FOUND');
  assert.match(line, /^Your application tried to access nowhere, but it isn't declared/);
});

test('a cut archive is an error that names it', (t) => {
  const made = project(t, { 'main.js': "require('right')" });
  const archive = path.join(made.root, '.pkg/cache/right-npm-1.0.0.zip');
  fs.truncateSync(archive, 200);
  const { status, err } = made.run(['main.js']);
  assert.equal(status, 1);
  assert.ok(err.includes(`the package archive ${archive} is damaged: its end is missing`), err);
  assert.match(err, /ERR_PKG_ARCHIVE_DAMAGED/);
});

test('native code in an archive is refused with the way out', (t) => {
  const made = new Project(t, {
    files: { 'main.js': `try { require('native') } catch (error) { ${print('[error.code, error.message]')} }` },
    packages: { native: { at: 'zip', files: { 'index.js': "require('./x.node');", 'x.node': 'no code' } } },
    dependencies: [['native', 'npm:1.0.0']],
  });
  const [code, message] = outputOf(made, ['main.js']);
  assert.equal(code, 'ERR_DLOPEN_FAILED');
  assert.match(message, /x\.node is native code in an archive.*unplug its package/);
});

test('the API without setup leaves the process as it is', (t) => {
  const made = project(t, { 'main.js': print(`[require('./.pnp.cjs').resolveRequest('left', __filename) !== null, process.versions.pnp ?? null]`) });
  assert.deepEqual(outputOf(made, ['main.js'], { options: [] }), [true, null]);
  const text = `require('./.pnp.cjs').setup(); ${print("require('right').name")}`;
  fs.writeFileSync(path.join(made.root, 'main.js'), text);
  assert.equal(outputOf(made, ['main.js'], { options: [] }), 'right of left');
});
