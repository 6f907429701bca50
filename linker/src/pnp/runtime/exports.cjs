'use strict';
// `exports` and `imports` of a package.json, by the algorithm in Node's documentation ("Resolution Algorithm
// Specification"). Pure: a manifest goes in, a path relative to the package comes out.

/** What a lookup came to: `{target}`, `{bare}` (an import that names another package), or `{problem}` in words. */
const BLOCKED = Symbol('blocked by null');

/** Splits a pattern at its only star; null where there is none or more than one. */
function splitPattern(key) {
  const star = key.indexOf('*');
  if (star === -1 || key.indexOf('*', star + 1) !== -1) return null;
  return [key.slice(0, star), key.slice(star + 1)];
}

/** Longer before the star wins; among equals the longer key, so `./a/*.js` goes before `./a/*`. */
function comparePatterns(left, right) {
  const [leftBase, rightBase] = [left.indexOf('*') + 1 || left.length, right.indexOf('*') + 1 || right.length];
  return rightBase - leftBase || right.length - left.length;
}

/** The entry of `table` for `key`: `[value, what the star stands for]`, or null. */
function matchKey(table, key) {
  if (Object.hasOwn(table, key) && !key.includes('*') && !key.endsWith('/')) return [table[key], null];
  const patterns = Object.keys(table).filter((pattern) => splitPattern(pattern) !== null);
  for (const pattern of patterns.sort(comparePatterns)) {
    const [before, after] = splitPattern(pattern);
    if (key.length < pattern.length || !key.startsWith(before) || !key.endsWith(after) || key === before) continue;
    return [table[pattern], key.slice(before.length, key.length - after.length)];
  }
  return null;
}

const FORBIDDEN_SEGMENT = /(?:^|[\\/])(?:\.{1,2}|%2e|%2e%2e|\.%2e|%2e\.|node_modules)(?:[\\/]|$)/i;

function fromText(target, star, isImport) {
  if (!target.startsWith('./')) {
    const isPathLike = target.startsWith('../') || target.startsWith('/') || /^[a-z][a-z0-9+.-]*:\/\//i.test(target);
    if (!isImport || isPathLike) return { problem: `its target ${JSON.stringify(target)} leaves the package` };
    return { bare: star === null ? target : target.replaceAll('*', () => star) };
  }
  if (FORBIDDEN_SEGMENT.test(target.slice(2)) || (star !== null && FORBIDDEN_SEGMENT.test(star))) {
    return { problem: `its target ${JSON.stringify(target)} has a segment that is not allowed` };
  }
  return { target: star === null ? target : target.replaceAll('*', () => star) };
}

function fromConditions(target, star, conditions, isImport) {
  for (const [condition, value] of Object.entries(target)) {
    if (condition !== 'default' && !conditions.has(condition)) continue;
    const found = fromTarget(value, star, conditions, isImport);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fromList(targets, star, conditions, isImport) {
  let last;
  for (const target of targets) {
    const found = fromTarget(target, star, conditions, isImport);
    if (found === undefined) continue;
    last = found;
    if (found !== BLOCKED && found.problem === undefined) return found;
  }
  return last;
}

/** PACKAGE_TARGET_RESOLVE: undefined where no condition holds, BLOCKED for null. */
function fromTarget(target, star, conditions, isImport) {
  if (typeof target === 'string') return fromText(target, star, isImport);
  if (target === null) return BLOCKED;
  if (Array.isArray(target)) return fromList(target, star, conditions, isImport);
  if (typeof target === 'object') return fromConditions(target, star, conditions, isImport);
  return { problem: `its target is neither a path, a list nor a set of conditions` };
}

/** `exports` as a table of subpaths: the short form speaks of `.` alone. */
function subpathTable(exports) {
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports)) return { '.': exports };
  const keys = Object.keys(exports);
  const subpaths = keys.filter((key) => key.startsWith('.')).length;
  if (subpaths !== 0 && subpaths !== keys.length) return null;
  return subpaths === 0 ? { '.': exports } : exports;
}

function lookUp(table, key, conditions, isImport) {
  const match = matchKey(table, key);
  const found = match === null ? undefined : fromTarget(match[0], match[1], conditions, isImport);
  if (found === BLOCKED) return { problem: 'it is closed on purpose (null)' };
  if (found !== undefined) return found;
  if (match === null) return { problem: 'no entry names it' };
  return { problem: `no entry holds under the conditions ${[...conditions].join(', ')}` };
}

/** Looks up `subpath` (`.` or `./x`) in a manifest's `exports`, which are neither undefined nor null. */
function lookUpExport(exports, subpath, conditions) {
  const table = subpathTable(exports);
  if (table === null) return { problem: 'its keys mix subpaths and conditions' };
  return lookUp(table, subpath, conditions, false);
}

/** Looks up `#name` in a manifest's `imports`. */
function lookUpImport(imports, name, conditions) {
  if (name === '#' || name.startsWith('#/')) return { problem: 'it is no valid name of an import' };
  return lookUp(imports ?? {}, name, conditions, true);
}

module.exports = { lookUpExport, lookUpImport };
