'use strict';
// A project on disk for one test: packages as folders or archives, the map, and a way to run programs in it.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const assemble = require('./assemble.cjs');
const { zipOf } = require('./zip_writer.cjs');

/** Makes a folder that the test removes at its end. */
function temporaryFolder(t) {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'pkg-map-')));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function write(root, files) {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof text === 'object' && !Buffer.isBuffer(text) ? JSON.stringify(text) : text);
  }
}

/** Files of a package, with its `package.json` written out. */
function texts(files) {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, typeof text === 'string' ? text : JSON.stringify(text)]),
  );
}

class Project {
  /**
   * `packages`: name → `{files, dependencies, peers, at: 'folder' | 'zip' | 'deflated', instances}`; an instance is
   * `[hash, dependencies]`, a virtual package. `files` and `dependencies`: of the project itself.
   */
  constructor(t, { files, dependencies, packages = {}, state = {}, isDataFile = false, root = temporaryFolder(t) }) {
    this.root = root;
    const self = ['root', 'workspace:.'];
    const own = { packageLocation: './', packageDependencies: [self, ...dependencies], linkType: 'SOFT' };
    const registry = [
      [null, [[null, own]]],
      ['root', [['workspace:.', own]]],
    ];
    for (const [name, description] of Object.entries(packages)) registry.push([name, this.#package(name, description)]);
    const data = {
      dependencyTreeRoots: [{ name: 'root', reference: 'workspace:.' }],
      enableTopLevelFallback: true,
      ignorePatternData: null,
      fallbackExclusionList: [['root', ['workspace:.']]],
      fallbackPool: [],
      packageRegistryData: registry,
      ...state,
    };
    write(this.root, { 'package.json': { name: 'root' }, ...files });
    const text = assemble.printed(data);
    if (isDataFile) write(this.root, { '.pnp.data.json': text });
    write(this.root, {
      '.pnp.cjs': isDataFile ? assemble.readingData() : assemble.inlined(text),
      '.pnp.loader.mjs': assemble.loader(),
    });
    this.map = path.join(this.root, '.pnp.cjs');
  }

  #package(name, { files, dependencies = [], peers = [], at = 'folder', instances = [] }) {
    const manifest = { name, version: '1.0.0', ...(files['package.json'] ?? {}) };
    const inside = texts({ ...files, 'package.json': manifest });
    const location = this.#place(name, inside, at);
    const self = [name, 'npm:1.0.0'];
    const info = { packageDependencies: [self, ...dependencies], packagePeers: peers };
    const virtual = instances.map(([hash, own]) => [
      `virtual:${hash}#npm:1.0.0`,
      {
        ...info,
        packageLocation: location.replace('./.pkg/', `./.pkg/__virtual__/${name.replace('/', '-')}-virtual-${hash}/0/`),
        packageDependencies: [[name, `virtual:${hash}#npm:1.0.0`], ...own],
        linkType: 'HARD',
      },
    ]);
    return [['npm:1.0.0', { ...info, packageLocation: location, linkType: 'HARD' }], ...virtual];
  }

  #place(name, files, at) {
    if (at === 'folder') {
      const folder = `.pkg/store/${name.replace('/', '-')}/node_modules/${name}`;
      write(path.join(this.root, folder), files);
      return `./${folder}/`;
    }
    const inside = Object.fromEntries(Object.entries(files).map(([file, text]) => [`node_modules/${name}/${file}`, text]));
    const archive = `.pkg/cache/${name.replace('/', '-')}-npm-1.0.0.zip`;
    write(this.root, { [archive]: zipOf(inside, { isDeflated: at === 'deflated' }) });
    return `./${archive}/node_modules/${name}/`;
  }

  /** Runs Node.js in the project; `options` go before the program. Answers `{status, out, err}`. */
  run(args, { options = ['--require', this.map], env = {} } = {}) {
    const { NODE_OPTIONS, ...rest } = process.env;
    const result = spawnSync(process.execPath, [...options, ...args], {
      cwd: this.root,
      encoding: 'utf8',
      env: { ...rest, NODE_TEST_CONTEXT: undefined, ...env },
      timeout: 60_000,
    });
    return { status: result.status, out: result.stdout, err: result.stderr };
  }
}

module.exports = { Project, temporaryFolder, write };
