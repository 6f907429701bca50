'use strict';
// What `.pnp.cjs` does: it exports the API of its map and, when Node loads it first (`--require`), puts the map to work.

const Module = require('module');
const path = require('path');
const { createApi } = require('./api.cjs');
const { Files } = require('./files.cjs');
const { wanted } = require('./folders.cjs');
const { hydrateRuntimeState } = require('./state.cjs');

/** Under this name the API carries the hooks that `.pnp.loader.mjs` hands on. */
const HOOKS = Symbol.for('pkg.pnp.hooks');

/** Whether the hooks come by `--experimental-loader`, so that nobody needs to register them. */
function hasLoaderFlag() {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => text.includes('.pnp.loader.mjs'));
}

/** Registers the hooks once, by whichever way this Node has. */
class EsmRegistration {
  #makeHooks;
  #pnpPath;
  #isDone = false;

  constructor(makeHooks, pnpPath) {
    this.#makeHooks = makeHooks;
    this.#pnpPath = pnpPath;
    /** Whether the hooks run in a thread of their own. */
    this.isThreaded = Module.registerHooks === undefined;
  }

  register() {
    if (this.#isDone || hasLoaderFlag()) return;
    this.#isDone = true;
    if (!this.isThreaded) Module.registerHooks(this.#makeHooks().synchronous());
    else if (Module.register !== undefined) Module.register(this.#inThread());
  }

  #inThread() {
    const map = JSON.stringify(this.#pnpPath);
    const text = [
      "import { createRequire } from 'node:module';",
      `const hooks = createRequire(${map})(${map})[Symbol.for('pkg.pnp.hooks')]();`,
      'export const { resolve, load } = hooks;',
    ];
    return `data:text/javascript,${encodeURIComponent(text.join('\n'))}`;
  }
}

/** Programs that a program starts shall have the map too. */
function handDown(pnpPath) {
  const options = process.env.NODE_OPTIONS ?? '';
  if (options.includes('.pnp.cjs')) return;
  const quoted = /[\s"\\]/.test(pnpPath) ? JSON.stringify(pnpPath) : pnpPath;
  process.env.NODE_OPTIONS = `--require ${quoted}${options === '' ? '' : ` ${options}`}`;
}

/** What starts from a text or by an import has no file to ask about its kind; a worker thread has none yet. */
function startsWithoutFile() {
  const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
  return process.argv[1] === undefined || flags.some((flag) => /^(?:-[ep]|-pe|--eval|--print|--import|--input-type)/.test(flag));
}

/** A function that does something the first time only. */
function once(act) {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

/** Puts the map under this process, once. */
function makeSetup(pnpPath, parts) {
  let isDone = false;
  return function setup() {
    if (isDone) return;
    isDone = true;
    const { Maps } = require('./maps.cjs');
    const { ModulePatch } = require('./patch_module.cjs');
    const { api, resolution, files, state } = parts();
    const maps = new Maps({ api, resolution }, files);
    const esm = new EsmRegistration(() => new (require('./esm.cjs').EsmHooks)(maps, files), pnpPath);
    process.versions.pnp = String(api.VERSIONS.std);
    const patchFs = once(() => require('./patch_fs.cjs').patchFs(require('fs'), files));
    const openFolders = once(() => {
      files.layer.openFolders(state);
      patchFs();
    });
    if (state.mayBeLayered) patchFs();
    if (wanted() === 'always') openFolders();
    new ModulePatch({ maps, files, resolution, esm, openFolders }).install();
    if (startsWithoutFile()) esm.register();
    handDown(pnpPath);
  };
}

/** Called at the end of `.pnp.cjs` with its own `module` and the text of the state. */
function start(pnpModule, text, pnpPath) {
  const state = hydrateRuntimeState(text, { basePath: path.dirname(pnpPath) });
  const files = new Files(require('fs'));
  let made;
  const setup = makeSetup(pnpPath, () => ({ ...made, files, state }));
  made = createApi({ state, files, pnpPath, setup });
  const hooks = () => {
    const { Maps } = require('./maps.cjs');
    const { EsmHooks } = require('./esm.cjs');
    return new EsmHooks(new Maps(made, files), files).asynchronous();
  };
  Object.defineProperty(made.api, HOOKS, { value: hooks });
  pnpModule.exports = made.api;
  if (pnpModule.parent?.id === 'internal/preload') setup();
}

module.exports = { start };
