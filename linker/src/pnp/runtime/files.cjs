'use strict';
// What resolution asks of the disk: what stands at a path, where it really is, and what a package.json says.

const paths = require('./paths.cjs');
const { Layer } = require('./layer.cjs');

const NEEDED = [
  'Dirent',
  'Stats',
  'closeSync',
  'constants',
  'fstatSync',
  'lstatSync',
  'openSync',
  'readFileSync',
  'readSync',
  'realpathSync',
  'statSync',
];

class Files {
  #fs;
  #manifests = new Map();
  #realFolders = new Map();

  /** `fs`: Node's own functions. They are copied here, so that a patch made later does not reach back. */
  constructor(fs) {
    this.#fs = Object.fromEntries(NEEDED.map((name) => [name, fs[name]]));
    this.layer = new Layer(this.#fs);
  }

  /** 'file', 'folder', or null where there is nothing. */
  kind(portable) {
    const place = this.layer.concerns(portable) ? this.layer.locate(portable) : null;
    if (place !== null && place.archive !== null) return this.layer.kind(place);
    const native = paths.fromPortable(place === null ? portable : place.real);
    try {
      const stat = this.#fs.statSync(native, { throwIfNoEntry: false });
      if (stat === undefined) return null;
      return stat.isDirectory() ? 'folder' : 'file';
    } catch (error) {
      if (error.code === 'ENOTDIR') return null;
      throw error;
    }
  }

  /** The path of a file that exists, without links; virtual segments stay. */
  realPath(portable) {
    if (this.layer.concerns(portable)) return this.layer.realPath(portable, portable, (path) => this.#onDisk(path));
    return this.#onDisk(portable);
  }

  /** Folders are asked once: all files of a package lie in few of them. */
  #onDisk(portable) {
    const native = paths.fromPortable(portable);
    if (this.#fs.lstatSync(native).isSymbolicLink()) return paths.toPortable(this.#fs.realpathSync(native));
    const cut = portable.lastIndexOf('/', portable.length - 2);
    const folder = portable.slice(0, cut + 1);
    let real = this.#realFolders.get(folder);
    if (real === undefined) {
      real = paths.toPortable(this.#fs.realpathSync(paths.fromPortable(folder)));
      if (!real.endsWith('/')) real += '/';
      this.#realFolders.set(folder, real);
    }
    return real + portable.slice(cut + 1);
  }

  /** A file's bytes. */
  bytes(portable) {
    const place = this.layer.concerns(portable) ? this.layer.locate(portable) : null;
    if (place !== null && place.archive !== null) return this.layer.read(place, paths.fromPortable(portable));
    return this.#fs.readFileSync(paths.fromPortable(place === null ? portable : place.real));
  }

  /** A file's text. */
  text(portable) {
    return this.bytes(portable).toString();
  }

  /** The package.json in a folder (`…/`), parsed, or null; read once. */
  manifest(folder) {
    const known = this.#manifests.get(folder);
    if (known !== undefined) return known;
    const path = `${folder}package.json`;
    const manifest = this.kind(path) === 'file' ? this.#parse(path) : null;
    this.#manifests.set(folder, manifest);
    return manifest;
  }

  #parse(path) {
    try {
      return JSON.parse(this.text(path));
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw Object.assign(new Error(`cannot parse ${paths.fromPortable(path)}: ${cause.message}`), {
        code: 'ERR_INVALID_PACKAGE_CONFIG',
        cause,
      });
    }
  }

  /** The manifest that decides about a file: the nearest one above, up to the folder `node_modules`. */
  nearestManifest(portable) {
    let folder = portable.slice(0, portable.lastIndexOf('/') + 1);
    while (folder !== '' && !folder.endsWith('/node_modules/')) {
      const manifest = this.manifest(folder);
      if (manifest !== null) return manifest;
      folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
    }
    return null;
  }
}

module.exports = { Files };
