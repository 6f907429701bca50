'use strict';
// Paths as the runtime keeps them: forward slashes on every platform, and the two kinds of segment that no disk has.
//
// `…/__virtual__/<name>-<hash>/<n>/<rest>` stands for `<rest>` below the n-th parent of `…`: one package folder under
// several names, one for each set of peers. `<file>.zip/<inside>` stands for an entry of that archive.

const path = require('path');

const isWindows = process.platform === 'win32';

/** A native path with forward slashes; on Windows a long-path prefix is dropped too. */
const toPortable = isWindows
  ? (native) => native.replace(/^\\\\\?\\(?=[a-zA-Z]:)/, '').replaceAll('\\', '/')
  : (native) => native;

/** The form that the platform's own functions print. */
const fromPortable = isWindows ? (portable) => portable.replaceAll('/', '\\') : (portable) => portable;

/** Resolves `.` and `..`; a trailing slash stays. */
const normalize = isWindows ? (portable) => toPortable(path.win32.normalize(portable)) : path.posix.normalize;

const dirname = path.posix.dirname;

/** The folder above a folder (`…/`), or an empty text above the root. */
function parentFolder(folder) {
  return folder.length < 2 ? '' : folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
}

const isAbsolute = isWindows
  ? (portable) => /^(?:[a-zA-Z]:)?[\\/]/.test(portable)
  : (portable) => portable.charCodeAt(0) === 47;

/** The absolute portable form of any path that a caller hands in. */
function absolute(native) {
  const resolved = toPortable(path.resolve(native));
  const last = native.charCodeAt(native.length - 1);
  const keepsSlash = last === 47 || (isWindows && last === 92);
  return keepsSlash && !resolved.endsWith('/') ? resolved + '/' : resolved;
}

/** The relative path from one absolute portable folder to another path. */
function relative(from, to) {
  return toPortable(path.relative(from, to));
}

/** Whether a request names a file (`./x`, `../x`, `/x`, `C:\x`) and not a package. */
function isPathRequest(request) {
  return /^(?:\.{0,2}(?:\/|$)|[a-zA-Z]:[\\/]|\\\\)/.test(request) || (isWindows && /^\.{1,2}\\/.test(request));
}

/** Splits `@scope/name/sub/path` into name and rest, or answers null where no package is named. */
function splitBareRequest(request) {
  if (isPathRequest(request)) return null;
  const match = /^((?:@[^/]+\/)?[^/]+)(?:\/+(.*))?$/s.exec(request);
  return match === null ? null : { name: match[1], subpath: match[2] ?? '', isSlashed: match[2] === '' };
}

const VIRTUAL = /^(.*?)\/(?:__virtual__|\$\$virtual)(?:\/(?:[^/]+-)?[a-f0-9]+(?:\/([0-9]+)(\/.*)?)?)?$/s;

/** Whether a text may hold a virtual segment: the cheap question before `splitVirtual`. */
function mayBeVirtual(portable) {
  return portable.includes('__virtual__') || portable.includes('$$virtual');
}

/** Takes the first virtual segment apart: `{base, shown, rest}`, where `base + rest` is what it stands for. */
function splitVirtual(portable) {
  if (!mayBeVirtual(portable)) return null;
  const match = VIRTUAL.exec(portable);
  if (match === null) return null;
  let base = match[1];
  for (let steps = Number(match[2] ?? 0); steps > 0 && base !== ''; steps--) {
    base = base.slice(0, base.lastIndexOf('/'));
  }
  const rest = match[3] ?? '';
  return { base, shown: portable.slice(0, portable.length - rest.length), rest };
}

/** The path that a virtual one stands for; any other path unchanged. */
function mapVirtual(portable) {
  let mapped = portable;
  for (let parts = splitVirtual(mapped); parts !== null; parts = splitVirtual(mapped)) {
    mapped = parts.base + parts.rest || '/';
  }
  return mapped;
}

/** Every place where a path may enter an archive, outermost first: `[archive, inside]`, `inside` without slashes around. */
function* archiveSplits(portable) {
  for (let at = portable.indexOf('.zip/'); at !== -1; at = portable.indexOf('.zip/', at + 1)) {
    const inside = portable.slice(at + 5);
    yield [portable.slice(0, at + 4), inside.endsWith('/') ? inside.slice(0, -1) : inside];
  }
}

module.exports = {
  absolute,
  archiveSplits,
  dirname,
  fromPortable,
  isAbsolute,
  isPathRequest,
  isWindows,
  mapVirtual,
  mayBeVirtual,
  normalize,
  parentFolder,
  relative,
  splitBareRequest,
  splitVirtual,
  toPortable,
};
