'use strict';
// Puts the layer under `fs`: each function first asks whether its path may concern the layer (one scan of the text)
// and, if not, is Node's own with the arguments untouched.

const Module = require('module');
const { promisify } = require('util');
const paths = require('./paths.cjs');
const { systemError } = require('./layer.cjs');
const { Descriptors, EntryHandle, readArguments } = require('./descriptors.cjs');
const { answer, copyTree, copyTreeSync, encoded, entryOperations, onlyReads, openFolder } = require('./entry_operations.cjs');
const { FolderAnswers } = require('./folder_answers.cjs');

/** Functions of one path that have a synchronous, a callback and a promise form. */
const ONE_PATH = [
  'access',
  'appendFile',
  'chmod',
  'chown',
  'lchmod',
  'lchown',
  'lstat',
  'lutimes',
  'mkdir',
  'open',
  'opendir',
  'readFile',
  'readdir',
  'readlink',
  'rm',
  'rmdir',
  'stat',
  'statfs',
  'truncate',
  'unlink',
  'utimes',
  'writeFile',
];
/** Functions whose second argument is a path too. */
const TWO_PATHS = ['copyFile', 'link', 'rename', 'symlink'];
/** Functions that change nothing. */
const READERS = new Set(['access', 'lstat', 'openAsBlob', 'opendir', 'readFile', 'readdir', 'readlink', 'stat', 'statfs', 'watch', 'watchFile']);
/** Functions of one form only that answer at once. */
const DIRECT = ['openAsBlob', 'unwatchFile', 'watch', 'watchFile'];

/** Replaces a function and keeps what hangs on it (`native`, the custom promise form), its name and length. */
function replace(owner, name, make) {
  const original = owner[name];
  if (typeof original !== 'function') return;
  const replacement = make(original);
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'prototype') continue;
    Object.defineProperty(replacement, key, { ...Object.getOwnPropertyDescriptor(original, key), configurable: true });
  }
  owner[name] = replacement;
}

class Patch {
  constructor(fs, files) {
    this.fs = fs;
    this.layer = files.layer;
    this.files = files;
    this.descriptors = new Descriptors();
    // Own functions only: what an archive needs from the disk must not come back here.
    this.own = {};
    for (const name of ['constants', 'existsSync', 'mkdirSync', 'statfsSync', 'writeFileSync']) this.own[name] = fs[name];
    this.operations = entryOperations(this.layer, this.own, this.descriptors);
    this.folders = new FolderAnswers(fs, this.layer);
  }

  /** Where a call goes: `{run}` on an entry, or `{args}` for Node's own function. */
  route(name, args) {
    const portable = this.layer.portable(args[0]);
    const place = this.layer.locate(portable, { isWritten: !this.reads(name, args) });
    if (place === null) return { args };
    const ofFolders = this.folderOperation(name, place, portable);
    if (ofFolders !== null) return { run: ofFolders };
    if (place.archive === null) return { args: [paths.fromPortable(place.real), ...args.slice(1)] };
    const operation = this.operations[name];
    return { run: (rest) => operation(place, paths.fromPortable(portable), ...rest) };
  }

  /** Whether a call leaves what stands at the path as it is. */
  reads(name, args) {
    return READERS.has(name) || (name === 'open' && onlyReads(args[1], this.fs.constants));
  }

  /** What a link to a package, or a folder of such links, answers by itself; null where its target does. */
  folderOperation(name, place, portable) {
    const shown = paths.fromPortable(portable);
    if (place.names !== undefined && name === 'readdir') return (rest) => this.folders.list(place, shown, rest[0]);
    if (place.names !== undefined && name === 'opendir') return () => openFolder(shown, this.folders.list(place, shown, { withFileTypes: true }));
    if (place.isLink !== true) return null;
    if (name === 'lstat') return (rest) => this.folders.linkStat(place, shown, rest[0]);
    if (name === 'readlink') return ([options]) => encodedPath(paths.fromPortable(place.path), options);
    return null;
  }

  /** The same for functions of two paths; a target that is virtual is mapped, one in an archive is refused. */
  routeTwo(name, args) {
    const [first, second, ...rest] = args;
    const target = this.layer.concerns(second) ? this.route(name, [second]) : { args: [second] };
    if (target.run !== undefined) throw systemError('EROFS', name, String(first), String(second));
    // The first path of a symbolic link is text that nobody follows here.
    const source = name !== 'symlink' && this.layer.concerns(first) ? this.route(name, [first]) : { args: [first] };
    if (source.run !== undefined) return { run: () => source.run([target.args[0], ...rest]) };
    return { args: [source.args[0], target.args[0], ...rest] };
  }

  concernsAny(name, args) {
    return this.layer.concerns(args[0]) || (TWO_PATHS.includes(name) && this.layer.concerns(args[1]));
  }

  routeFor(name, args) {
    return TWO_PATHS.includes(name) ? this.routeTwo(name, args) : this.route(name, args);
  }

  installSync(name) {
    const patch = this;
    replace(this.fs, `${name}Sync`, (original) => function (first, second) {
      if (!patch.layer.concerns(first) && !(TWO_PATHS.includes(name) && patch.layer.concerns(second))) {
        return original.apply(this, arguments);
      }
      const route = patch.routeFor(name, [...arguments]);
      return route.run === undefined ? original.apply(this, route.args) : route.run([...arguments].slice(1));
    });
  }

  installCallback(name) {
    const patch = this;
    replace(this.fs, name, (original) => function (...args) {
      if (!patch.concernsAny(name, args)) return original.apply(this, args);
      const callback = args.findLast((argument) => typeof argument === 'function');
      if (callback === undefined) return original.apply(this, args);
      let route;
      try {
        route = patch.routeFor(name, args);
      } catch (error) {
        process.nextTick(callback, error);
        return undefined;
      }
      if (route.run === undefined) return original.apply(this, route.args);
      const rest = args.slice(1).filter((argument) => argument !== callback);
      return answer(callback, () => route.run(rest));
    });
  }

  installPromise(name) {
    const patch = this;
    replace(this.fs.promises, name, (original) => async function (...args) {
      if (!patch.concernsAny(name, args)) return original.apply(this, args);
      const route = patch.routeFor(name, args);
      if (route.run === undefined) return original.apply(this, route.args);
      const value = route.run(args.slice(1));
      return name === 'open' ? new EntryHandle(patch.fs, patch.descriptors, value) : value;
    });
  }

  /** Functions without a second form. */
  installDirect(name) {
    const patch = this;
    replace(this.fs, name, (original) => function (...args) {
      if (!patch.layer.concerns(args[0])) return original.apply(this, args);
      const route = patch.route(name, args);
      return route.run === undefined ? original.apply(this, route.args) : route.run(args.slice(1));
    });
  }

  /** `exists` answers without an error, and by one argument. */
  installExists() {
    const patch = this;
    const isThere = (path) => {
      try {
        return patch.files.kind(patch.layer.portable(path)) !== null;
      } catch {
        return false;
      }
    };
    replace(this.fs, 'existsSync', (original) => function (path) {
      return patch.layer.concerns(path) ? isThere(path) : original.apply(this, arguments);
    });
    replace(this.fs, 'exists', (original) => function (path, callback) {
      if (!patch.layer.concerns(path)) return original.apply(this, arguments);
      return process.nextTick(callback, isThere(path));
    });
    const ofDisk = this.fs.exists[promisify.custom];
    Object.defineProperty(this.fs.exists, promisify.custom, {
      value: async (path) => (patch.layer.concerns(path) ? isThere(path) : ofDisk(path)),
    });
  }

  /** `realpath` looks at both halves of a path, and keeps what is virtual. */
  installRealPath() {
    const patch = this;
    const { realpathSync } = this.fs;
    const onDisk = (portable) => paths.toPortable(realpathSync(paths.fromPortable(portable)));
    const real = (path, options) => {
      const portable = patch.layer.portable(path).replace(/(?<=.)\/$/, '');
      const found = paths.fromPortable(patch.layer.realPath(portable, paths.fromPortable(portable), onDisk));
      return encodedPath(found, options);
    };
    const sync = (original) => function (path, options) {
      return patch.layer.concerns(path) ? real(path, options) : original.apply(this, arguments);
    };
    const byCallback = (original) => function (path, options, callback = options) {
      if (!patch.layer.concerns(path)) return original.apply(this, arguments);
      return answer(callback, () => real(path, typeof options === 'function' ? undefined : options));
    };
    const [nativeSync, native] = [realpathSync.native, this.fs.realpath.native];
    replace(this.fs, 'realpathSync', sync);
    replace(this.fs, 'realpath', byCallback);
    this.fs.realpathSync.native = sync(nativeSync);
    this.fs.realpath.native = byCallback(native);
    replace(this.fs.promises, 'realpath', (original) => async function (path, options) {
      return patch.layer.concerns(path) ? real(path, options) : original.apply(this, arguments);
    });
  }

  installCopyTree() {
    const { layer, own } = this;
    const isEntry = (path) => layer.concerns(path) && Boolean(layer.locate(layer.portable(path))?.archive);
    const shown = (path) => paths.fromPortable(layer.portable(path));
    const mapped = (path) => (layer.concerns(path) ? paths.fromPortable(paths.mapVirtual(layer.portable(path))) : path);
    replace(this.fs, 'cpSync', (original) => function (from, to, options) {
      if (isEntry(from)) return copyTreeSync(layer, own, shown(from), shown(to), options);
      return original.call(this, mapped(from), mapped(to), options);
    });
    replace(this.fs, 'cp', (original) => function (from, to, options, callback) {
      const done = callback ?? options;
      const given = callback === undefined ? undefined : options;
      if (!isEntry(from)) return original.call(this, mapped(from), mapped(to), given ?? {}, done);
      copyTree(layer, own, shown(from), shown(to), given).then(() => done(null), done);
      return undefined;
    });
    replace(this.fs.promises, 'cp', (original) => async function (from, to, options) {
      if (isEntry(from)) return copyTree(layer, own, shown(from), shown(to), options);
      return original.call(this, mapped(from), mapped(to), options);
    });
  }

  /** Functions of an open file: ours by its number, all others as they were. */
  installDescriptors() {
    const { descriptors, fs } = this;
    const onFile = {
      fstat: (file, options) => file.stat(options),
      readv: (file, buffers, position) => file.readAll(buffers, position),
      readFile: (file, options) => encoded(file.rest(), options),
      read: (file, ...args) => file.read(...readArguments(args)),
    };
    for (const [name, operation] of Object.entries(onFile)) {
      replace(fs, `${name}Sync`, (original) => function (descriptor, ...args) {
        if (!descriptors.owns(descriptor)) return original.apply(this, arguments);
        return operation(descriptors.get(descriptor, name), ...args);
      });
      replace(fs, name, (original) => function (descriptor, ...args) {
        if (!descriptors.owns(descriptor)) return original.apply(this, arguments);
        return answerOpen(descriptors, name, operation, descriptor, args);
      });
    }
    replace(fs, 'closeSync', (original) => function (descriptor) {
      return descriptors.owns(descriptor) ? descriptors.close(descriptor) : original.apply(this, arguments);
    });
    replace(fs, 'close', (original) => function (descriptor, callback = () => undefined) {
      if (!descriptors.owns(descriptor)) return original.apply(this, arguments);
      descriptors.close(descriptor);
      return process.nextTick(callback, null);
    });
    replace(fs.promises, 'readFile', (original) => async function (file, options) {
      return file instanceof EntryHandle ? file.readFile(options) : original.apply(this, arguments);
    });
  }

  /** A stream of changes that brings none, until it is told to end. */
  installPromiseWatch() {
    const patch = this;
    replace(this.fs.promises, 'watch', (original) => function (path, options) {
      if (!patch.layer.concerns(path)) return original.apply(this, arguments);
      const route = patch.route('watch', [path, options]);
      return route.run === undefined ? original.apply(this, route.args) : silence(options?.signal);
    });
  }
}

/** A read by callback also tells which buffers it filled. */
function answerOpen(descriptors, name, operation, descriptor, args) {
  const callback = args.findLast((argument) => typeof argument === 'function');
  const rest = args.filter((argument) => argument !== callback);
  if (name !== 'read' && name !== 'readv') return answer(callback, () => operation(descriptors.get(descriptor, name), ...rest));
  const filled = name === 'read' ? readArguments(rest) : [rest[0]];
  const given = name === 'read' ? filled : rest;
  return answer((error, count) => callback(error, count, filled[0]), () => operation(descriptors.get(descriptor, name), ...given));
}

async function* silence(signal) {
  await new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  yield undefined;
}

function encodedPath(path, options) {
  const encoding = typeof options === 'string' ? options : options?.encoding;
  return encoding === 'buffer' ? Buffer.from(path) : path;
}

/** Patches `fs` for good. */
function patchFs(fs, files) {
  const patch = new Patch(fs, files);
  for (const name of [...ONE_PATH, ...TWO_PATHS]) {
    patch.installSync(name);
    patch.installCallback(name);
    patch.installPromise(name);
  }
  for (const name of DIRECT) patch.installDirect(name);
  patch.installExists();
  patch.installRealPath();
  patch.installCopyTree();
  patch.installDescriptors();
  patch.installPromiseWatch();
  // `import { readFileSync } from 'fs'` shall give the patched functions too.
  Module.syncBuiltinESMExports();
}

module.exports = { patchFs };
