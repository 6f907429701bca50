'use strict';
// What each function of `fs` does with an entry of an archive, in its synchronous form. `place` is where the entry is,
// `shown` the path as errors print it; the rest are the arguments of the function.

const { EventEmitter } = require('events');
const { systemError } = require('./layer.cjs');
const { OpenFile } = require('./descriptors.cjs');
const paths = require('./paths.cjs');

/** Functions that change something: an archive is read-only. */
const WRITERS = [
  'appendFile',
  'chmod',
  'chown',
  'lchmod',
  'lchown',
  'link',
  'lutimes',
  'mkdir',
  'rename',
  'rm',
  'rmdir',
  'symlink',
  'truncate',
  'unlink',
  'utimes',
  'writeFile',
];

const encodingOf = (options) => (typeof options === 'string' ? options : options?.encoding);

/** Bytes, or text where an encoding is asked for. */
function encoded(content, options) {
  const encoding = encodingOf(options);
  return encoding === undefined || encoding === null || encoding === 'buffer' ? content : content.toString(encoding);
}

/** Whether the flags of an `open` only read. */
function onlyReads(flags, constants) {
  if (typeof flags === 'number') return (flags & (constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC)) === 0;
  return flags === undefined || flags === null || flags === 'r' || flags === 'rs' || flags === 'sr';
}

/** An open folder, as `fs.opendir` gives it. */
class EntryFolder {
  #entries;
  #at = 0;
  #isClosed = false;

  constructor(path, entries) {
    this.path = path;
    this.#entries = entries;
  }

  readSync() {
    if (this.#isClosed) throw Object.assign(new Error('Directory handle was closed'), { code: 'ERR_DIR_CLOSED' });
    return this.#entries[this.#at++] ?? null;
  }

  read(callback) {
    return answer(callback, () => this.readSync());
  }

  closeSync() {
    if (this.#isClosed) throw Object.assign(new Error('Directory handle was closed'), { code: 'ERR_DIR_CLOSED' });
    this.#isClosed = true;
  }

  close(callback) {
    return answer(callback, () => this.closeSync());
  }

  async *entries() {
    try {
      for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry;
    } finally {
      if (!this.#isClosed) this.closeSync();
    }
  }

  [Symbol.asyncIterator]() {
    return this.entries();
  }
}

/** Answers by callback where there is one, by promise where there is none. */
function answer(callback, compute) {
  if (callback === undefined) return (async () => compute())();
  let value;
  try {
    value = compute();
  } catch (error) {
    process.nextTick(callback, error);
    return undefined;
  }
  process.nextTick(callback, null, value);
  return undefined;
}

/** Nothing in an archive ever changes: a watcher that keeps silent. */
class SilentWatcher extends EventEmitter {
  close() {
    process.nextTick(() => this.emit('close'));
  }

  start() {}

  stop() {}

  ref() {
    return this;
  }

  unref() {
    return this;
  }
}

/** Builds the operations over a layer. `fs`: Node's own functions. */
function entryOperations(layer, fs, descriptors) {
  const operations = {
    access: (place, shown, mode) => layer.access(place, shown, mode),
    lstat: (place, shown, options) => layer.stat(place, shown, options, 'lstat'),
    stat: (place, shown, options) => layer.stat(place, shown, options, 'stat'),
    readdir: (place, shown, options) =>
      layer.list(place, shown, typeof options === 'string' ? { encoding: options } : (options ?? {})),
    readlink: (place, shown) => layer.readlink(place, shown),
    statfs: (place, shown, options) => fs.statfsSync(place.archive.path, options),
    exists: (place) => layer.kind(place) !== null,
    open: (place, shown, flags) => descriptors.add(openEntry(layer, fs, place, shown, flags)),
    opendir: (place, shown, options) => new EntryFolder(shown, layer.list(place, shown, { ...options, withFileTypes: true }, 'opendir')),
    openAsBlob: (place, shown, options) => new Blob([layer.read(place, shown)], options),
    watch: (place, shown, options, listener) => watcherFor(typeof options === 'function' ? options : listener),
    watchFile: () => new SilentWatcher(),
    unwatchFile: () => undefined,
    readFile(place, shown, options) {
      if (!onlyReads(options?.flag, fs.constants)) throw systemError('EROFS', 'open', shown);
      return encoded(layer.read(place, shown), options);
    },
    copyFile: (place, shown, destination, mode = 0) => copyOut(layer, fs, { place, shown }, destination, mode),
  };
  for (const name of WRITERS) {
    operations[name] = (place, shown) => {
      throw systemError('EROFS', name, shown);
    };
  }
  return operations;
}

function watcherFor(listener) {
  const watcher = new SilentWatcher();
  if (listener !== undefined) watcher.on('change', listener);
  return watcher;
}

function openEntry(layer, fs, place, shown, flags) {
  if (!onlyReads(flags, fs.constants)) throw systemError('EROFS', 'open', shown);
  const stat = (options) => layer.stat(place, shown, options, 'open');
  const content = stat().isDirectory() ? Buffer.alloc(0) : layer.read(place, shown);
  return new OpenFile(content, stat, shown);
}

/** Writes an entry to the disk, with its permissions. */
function copyOut(layer, fs, { place, shown }, destination, mode) {
  const target = paths.fromPortable(layer.portable(destination));
  if (layer.concerns(target)) {
    const other = layer.locate(paths.toPortable(target));
    if (other !== null && other.archive !== null) throw systemError('EROFS', 'copyfile', shown, target);
  }
  const flag = (mode & fs.constants.COPYFILE_EXCL) === 0 ? 'w' : 'wx';
  fs.writeFileSync(target, layer.read(place, shown, 'copyfile'), { flag, mode: layer.stat(place, shown).mode & 0o777 });
}

/** The steps of copying a tree out of an archive: `[kind, from, to]`, parents first. */
function* copySteps(layer, from, to, options) {
  const place = layer.locate(layer.portable(from));
  const stat = layer.stat(place, from, {}, 'cp');
  if (!stat.isDirectory()) {
    yield ['file', from, to, place];
    return;
  }
  if (!options.recursive) {
    throw Object.assign(new Error(`Recursive option not enabled, cannot copy a directory: cp '${from}'`), { code: 'ERR_FS_EISDIR' });
  }
  const goesOn = yield ['folder', from, to, place];
  if (goesOn === false) return;
  const separator = paths.isWindows ? '\\' : '/';
  for (const name of layer.list(place, from)) {
    yield* copySteps(layer, `${from.replace(/[\\/]$/, '')}${separator}${name}`, `${to}${separator}${name}`, options);
  }
}

function copyOne(layer, fs, [kind, from, to, place], { force = true, errorOnExist = false }) {
  if (kind === 'folder') {
    fs.mkdirSync(to, { recursive: true });
    return;
  }
  const isThere = fs.existsSync(to);
  if (isThere && !force && errorOnExist) throw systemError('EEXIST', 'cp', from, to);
  if (isThere && !force) return;
  fs.mkdirSync(paths.fromPortable(paths.dirname(paths.toPortable(to))), { recursive: true });
  copyOut(layer, fs, { place, shown: from }, to, 0);
}

/** `fs.cpSync` where the source lies in an archive. */
function copyTreeSync(layer, fs, from, to, options = {}) {
  const steps = copySteps(layer, from, to, options);
  for (let step = steps.next(); !step.done; ) {
    const isWanted = options.filter === undefined || Boolean(options.filter(step.value[1], step.value[2]));
    if (isWanted) copyOne(layer, fs, step.value, options);
    step = steps.next(isWanted);
  }
}

/** The same, where the filter may answer by a promise. */
async function copyTree(layer, fs, from, to, options = {}) {
  const steps = copySteps(layer, from, to, options);
  for (let step = steps.next(); !step.done; ) {
    const isWanted = options.filter === undefined || Boolean(await options.filter(step.value[1], step.value[2]));
    if (isWanted) copyOne(layer, fs, step.value, options);
    step = steps.next(isWanted);
  }
}

module.exports = { answer, copyTree, copyTreeSync, encoded, entryOperations, onlyReads, openFolder: (path, entries) => new EntryFolder(path, entries) };
