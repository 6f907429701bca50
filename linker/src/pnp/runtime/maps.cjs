'use strict';
// Which map rules at a path. Mostly the one that was loaded with the process; a project inside another one, or one
// that a tool of this project opens, brings its own `.pnp.cjs`, which is found by walking up and loaded once.

const Module = require('module');
const paths = require('./paths.cjs');

const FILE_NAME = '.pnp.cjs';

class Maps {
  #own;
  #files;
  #loaded = new Map();
  #nearest = new Map();

  /** `own`: `{api, resolution, pnpPath}` of the map that this runtime was written with. */
  constructor(own, files) {
    this.#own = own;
    this.#files = files;
    this.#loaded.set(own.resolution.pnpPath, own.api);
  }

  get own() {
    return this.#own.api;
  }

  /** The API that rules at an absolute portable path, or null where Node's own resolution does. */
  apiFor(portable) {
    const { api, resolution } = this.#own;
    const owner = resolution.findLocator(portable);
    if (owner !== null && !resolution.state.isRoot(owner)) return api;
    const nearest = this.#nearestTo(portable.slice(0, portable.lastIndexOf('/') + 1));
    if (nearest === resolution.pnpPath) return owner === null ? null : api;
    const other = nearest === null ? this.#loadedOwner(portable) : this.#load(nearest);
    if (other !== null && other.findPackageLocator(paths.fromPortable(portable)) !== null) return other;
    return owner === null ? null : api;
  }

  #loadedOwner(portable) {
    const native = paths.fromPortable(portable);
    for (const api of this.#loaded.values()) if (api.findPackageLocator(native) !== null) return api;
    return null;
  }

  /** The closest `.pnp.cjs` at or above a folder (`…/`). */
  #nearestTo(folder) {
    const known = this.#nearest.get(folder);
    if (known !== undefined) return known;
    const here = folder + FILE_NAME;
    const parent = paths.parentFolder(folder);
    const isHere = here === this.#own.resolution.pnpPath || this.#files.kind(here) === 'file';
    const found = isHere ? here : parent === '' ? null : this.#nearestTo(parent);
    this.#nearest.set(folder, found);
    return found;
  }

  #load(pnpPath) {
    const known = this.#loaded.get(pnpPath);
    if (known !== undefined) return known;
    // While it loads, nobody rules there.
    this.#loaded.set(pnpPath, { findPackageLocator: () => null });
    const native = paths.fromPortable(pnpPath);
    const api = Module.createRequire(native)(native);
    this.#loaded.set(pnpPath, api);
    return api;
  }
}

module.exports = { Maps };
