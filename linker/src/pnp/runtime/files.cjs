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

/** What says that there is no such file. */
const MISSING = new Set(['EISDIR', 'ENOENT', 'ENOTDIR']);

class Files {
  #fs;
  #manifests = new Map();
  #realFolders = new Map();
  #lastPlain = null;

  /** `fs`: Node's own functions. They are copied here, so that a patch made later does not reach back. */
  constructor(fs) {
    this.#fs = Object.fromEntries(NEEDED.map((name) => [name, fs[name]]));
    this.layer = new Layer(this.#fs);
  }

  /** 'file', 'folder', or null where there is nothing. */
  kind(portable) {
    const place = this.layer.concerns(portable) ? this.layer.locate(portable) : null;
    if (place !== null && place.archive !== null) return this.layer.kind(place);
    return this.#kindOnDisk(place === null ? portable : place.real);
  }

  #kindOnDisk(portable) {
    const native = paths.fromPortable(portable);
    try {
      const stat = this.#fs.lstatSync(native, { throwIfNoEntry: false });
      if (stat === undefined) return null;
      if (stat.isSymbolicLink()) return this.#kindOfTarget(native);
      if (stat.isDirectory()) return 'folder';
      this.#lastPlain = portable;
      return 'file';
    } catch (error) {
      if (error.code === 'ENOTDIR') return null;
      throw error;
    }
  }

  #kindOfTarget(native) {
    const stat = this.#fs.statSync(native, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    return stat.isDirectory() ? 'folder' : 'file';
  }

  /** The path of a file that exists, without links; virtual segments stay. */
  realPath(portable) {
    if (this.layer.concerns(portable)) return this.layer.realPath(portable, portable, (path) => this.#onDisk(path));
    return this.#onDisk(portable);
  }

  /** Folders are asked once, each below its parent: all files of a package lie in few of them. */
  #onDisk(portable) {
    const isPlain = portable === this.#lastPlain;
    const native = paths.fromPortable(portable);
    if (!isPlain && this.#fs.lstatSync(native).isSymbolicLink()) return paths.toPortable(this.#fs.realpathSync(native));
    const cut = portable.lastIndexOf('/', portable.length - 2) + 1;
    return this.#realFolder(portable.slice(0, cut)) + portable.slice(cut);
  }

  /** The real path of a folder (`…/`). */
  #realFolder(folder) {
    const known = this.#realFolders.get(folder);
    if (known !== undefined) return known;
    const parent = paths.parentFolder(folder);
    let real = folder;
    if (parent !== '') {
      const candidate = this.#realFolder(parent) + folder.slice(parent.length, -1);
      const native = paths.fromPortable(candidate);
      const isLink = this.#fs.lstatSync(native).isSymbolicLink();
      real = `${isLink ? paths.toPortable(this.#fs.realpathSync(native)) : candidate}/`.replace(/\/\/$/, '/');
    }
    this.#realFolders.set(folder, real);
    return real;
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
    const manifest = this.#parse(`${folder}package.json`);
    this.#manifests.set(folder, manifest);
    return manifest;
  }

  #parse(path) {
    try {
      return JSON.parse(this.text(path));
    } catch (cause) {
      if (MISSING.has(cause.code)) return null;
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
      folder = paths.parentFolder(folder);
    }
    return null;
  }
}

module.exports = { Files };
