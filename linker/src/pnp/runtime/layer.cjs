'use strict';
// The kinds of path that no disk has, as a read-only file system of synchronous calls. Everything else
// (callbacks, promises, streams, the patched `fs`) is made from these.
//
// `locate` is the only place that decides what a path means: a plain file (null), a plain file under another name
// (`{real}`), or an entry of an archive (`{archive, inside}`). Where the folders of `folders.cjs` are open, `isLink` and
// `names` say that the path is one of their links or such a folder itself.

const os = require('os');
const paths = require('./paths.cjs');
const { Archive } = require('./zip.cjs');
const { Folders } = require('./folders.cjs');

const LAYERED = /\.zip[\\/]|__virtual__|\$\$virtual/;
const [FILE_TYPE, FOLDER_TYPE] = [0o100000, 0o040000];
const WRITES_BITS = 2;

/** A failure as Node's own functions report it. */
function systemError(code, syscall, path, destination) {
  const to = destination === undefined ? '' : ` -> '${destination}'`;
  const error = new Error(`${code}: ${TEXTS[code]}, ${syscall} '${path}'${to}`);
  error.errno = -os.constants.errno[code];
  error.code = code;
  error.syscall = syscall;
  error.path = path;
  if (destination !== undefined) error.dest = destination;
  return error;
}

const TEXTS = {
  EBADF: 'bad file descriptor',
  EACCES: 'permission denied',
  EEXIST: 'file already exists',
  EINVAL: 'invalid argument',
  EISDIR: 'illegal operation on a directory',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EROFS: 'read-only file system',
};

class Layer {
  #fs;
  #archives = new Map();
  #bigStats = null;
  #folders = null;

  /** `fs`: Node's own functions, as they were before anybody patched them. */
  constructor(fs) {
    this.#fs = fs;
  }

  /** Whether a path (text, bytes or `file:` address) may concern this layer; one scan of the text, no disk. */
  concerns(path) {
    if (typeof path === 'string') return this.#mayConcern(path);
    if (path instanceof URL) return this.#mayConcern(path.pathname);
    return path instanceof Uint8Array && this.#mayConcern(Buffer.from(path.buffer, path.byteOffset, path.length).toString('latin1'));
  }

  #mayConcern(text) {
    return LAYERED.test(text) || (this.#folders !== null && Folders.mayBe(text));
  }

  /** From now on the folders that the packages of a map would have can be read. */
  openFolders(state) {
    this.#folders = new Folders(state, (portable) => this.#isStored(portable));
  }

  /** Whether something is at a path without the folders. */
  #isStored(portable) {
    const place = this.#locateStored(portable);
    if (place !== null && place.archive !== null) return this.kind(place) !== null;
    try {
      return this.#fs.statSync(paths.fromPortable(place === null ? portable : place.real), { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      if (error.code === 'ENOTDIR') return false;
      throw error;
    }
  }

  /** The absolute portable form of whatever `fs` takes as a path. */
  portable(path) {
    if (typeof path === 'string') return paths.absolute(path);
    if (path instanceof URL) return paths.absolute(require('url').fileURLToPath(path));
    return paths.absolute(Buffer.from(path).toString());
  }

  /** What an absolute portable path means; where something is written, folders that nobody made mean nothing. */
  locate(portable, { isWritten = false } = {}) {
    const found = isWritten ? null : (this.#folders?.look(portable) ?? null);
    if (found === null) return this.#locateStored(portable);
    const stored = this.#locateStored(found.path) ?? { archive: null, inside: '', real: found.path };
    return { ...stored, ...found };
  }

  #locateStored(portable) {
    const mapped = paths.mapVirtual(portable);
    for (const [archivePath, inside] of paths.archiveSplits(mapped)) {
      const archive = this.#archive(archivePath);
      if (archive !== null) return { archive, inside, real: mapped };
    }
    return mapped === portable ? null : { archive: null, inside: '', real: mapped };
  }

  /** The archive at a path; null where there is none, or a folder whose name ends like an archive's. */
  #archive(path) {
    const known = this.#archives.get(path);
    if (known !== undefined) return known;
    const native = paths.fromPortable(path);
    const stat = this.#fs.statSync(native, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return null;
    const archive = new Archive(this.#fs, native);
    archive.serial = this.#archives.size + 1;
    this.#archives.set(path, archive);
    return archive;
  }

  /** The entry at a place inside an archive, or the error that `syscall` would give. */
  #entry({ archive, inside }, syscall, shown) {
    const entry = archive.entries.get(inside);
    if (entry !== undefined) return entry;
    for (let at = inside.lastIndexOf('/'); at > 0; at = inside.lastIndexOf('/', at - 1)) {
      if (archive.entries.get(inside.slice(0, at))?.isFolder === false) throw systemError('ENOTDIR', syscall, shown);
    }
    throw systemError('ENOENT', syscall, shown);
  }

  /** Whether an entry is there: 'file', 'folder' or null. */
  kind({ archive, inside }) {
    const entry = archive.entries.get(inside);
    if (entry === undefined) return null;
    return entry.isFolder ? 'folder' : 'file';
  }

  stat(place, shown, { bigint = false, throwIfNoEntry = true } = {}, syscall = 'stat') {
    if (!throwIfNoEntry && !place.archive.entries.has(place.inside)) return undefined;
    return this.#statOf(place.archive, this.#entry(place, syscall, shown), bigint);
  }

  #statOf(archive, entry, isBig) {
    const number = isBig ? BigInt : Number;
    const stats = Object.create(isBig ? this.#bigStatsPrototype() : this.#fs.Stats.prototype);
    const { dev, uid, gid } = archive.stat;
    Object.assign(stats, {
      dev: number(dev),
      mode: number(entry.mode | (entry.isFolder ? FOLDER_TYPE : FILE_TYPE)),
      nlink: number(1),
      uid: number(uid),
      gid: number(gid),
      rdev: number(0),
      blksize: number(4096),
      // One number for each entry of each archive, out of reach of the numbers of real files.
      ino: number(2 ** 52 + archive.serial * 2 ** 24 + (entry.index >= 0 ? entry.index : 2 ** 23 - entry.index)),
      size: number(entry.size),
      blocks: number(Math.ceil(entry.size / 512)),
    });
    for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) {
      stats[`${name}Ms`] = number(entry.modified);
      if (isBig) stats[`${name}Ns`] = number(entry.modified) * 1000000n;
      stats[name] = new Date(entry.modified);
    }
    return stats;
  }

  #bigStatsPrototype() {
    this.#bigStats ??= Object.getPrototypeOf(this.#fs.statSync('/', { bigint: true }));
    return this.#bigStats;
  }

  /** An entry's bytes. */
  read(place, shown, syscall = 'open') {
    const entry = this.#entry(place, syscall, shown);
    if (entry.isFolder) throw systemError('EISDIR', 'read', shown);
    return place.archive.bytes(place.inside);
  }

  /** The names in a folder, or `Dirent`s, or with `recursive` the paths below it. */
  list(place, shown, { withFileTypes = false, recursive = false, encoding } = {}, syscall = 'scandir') {
    const folder = this.#entry(place, syscall, shown);
    if (!folder.isFolder) throw systemError('ENOTDIR', syscall, shown);
    const found = [];
    this.#collect(place.archive, place.inside, { parent: shown.replace(/[\\/]$/, ''), below: '', recursive, withFileTypes }, found);
    if (encoding !== 'buffer' || withFileTypes) return found;
    return found.map((name) => Buffer.from(name));
  }

  #collect(archive, inside, { parent, below, recursive, withFileTypes }, found) {
    const { UV_DIRENT_FILE, UV_DIRENT_DIR } = this.#fs.constants;
    const children = [...archive.entries.get(inside).children].sort();
    const separator = paths.isWindows ? '\\' : '/';
    const entryOf = (name) => archive.entries.get(inside === '' ? name : `${inside}/${name}`);
    for (const name of children) {
      const type = entryOf(name).isFolder ? UV_DIRENT_DIR : UV_DIRENT_FILE;
      found.push(withFileTypes ? new this.#fs.Dirent(name, type, parent) : below + name);
    }
    if (!recursive) return;
    for (const name of children) {
      if (!entryOf(name).isFolder) continue;
      const next = { parent: parent + separator + name, below: below + name + separator, recursive, withFileTypes };
      this.#collect(archive, inside === '' ? name : `${inside}/${name}`, next, found);
    }
  }

  /** Throws unless the entry may be used as `mode` asks. */
  access(place, shown, mode = 0) {
    const entry = this.#entry(place, 'access', shown);
    if ((mode & WRITES_BITS) !== 0) throw systemError('EROFS', 'access', shown);
    if ((mode & 1) !== 0 && (entry.mode & 0o111) === 0) throw systemError('EACCES', 'access', shown);
  }

  readlink(place, shown) {
    this.#entry(place, 'readlink', shown);
    throw systemError('EINVAL', 'readlink', shown);
  }

  /** A path without links. A virtual path stays virtual: it is the identity of the package that stands there. */
  realPath(portable, shown, realPathOfDisk) {
    const found = this.#folders?.look(portable) ?? null;
    if (found === null) return this.#realPathOfStored(portable, shown, realPathOfDisk);
    return found.names !== undefined && !found.isThere ? found.shown : this.#realPathOfStored(found.path, shown, realPathOfDisk);
  }

  #realPathOfStored(portable, shown, realPathOfDisk) {
    const parts = paths.splitVirtual(portable);
    if (parts !== null && parts.rest !== '') {
      const mapped = parts.base + parts.rest;
      const real = this.#realPathOfStored(mapped, shown, realPathOfDisk);
      const base = this.#realPathOfStored(parts.base || '/', shown, realPathOfDisk);
      const prefix = base.endsWith('/') ? base : base + '/';
      return real.startsWith(prefix) ? `${parts.shown}/${real.slice(prefix.length)}` : real;
    }
    const place = this.#locateStored(portable);
    if (place === null || place.archive === null) return realPathOfDisk(place === null ? portable : place.real);
    this.#entry(place, 'lstat', shown);
    const archive = realPathOfDisk(paths.toPortable(place.archive.path));
    return place.inside === '' ? archive : `${archive}/${place.inside}`;
  }
}

module.exports = { Layer, systemError };
