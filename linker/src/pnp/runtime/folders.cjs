'use strict';
// The folders `node_modules` that there would be without a map, for programs that search them: below the project and
// below each package, links to what that one declares. They can be read only, and what the disk has goes first where
// both have a name.

const { locatorOf } = require('./state.cjs');

/** The cheap question: whether a text may be a path of such a folder. */
const MAY_BE = /(?:^|[\\/])node_modules(?:[\\/]|$)/;
const SEGMENT = '/node_modules';
/** Packages of which no link leads to the next: none is nested deeper in a path that is meant seriously. */
const MOST_STEPS = 100;

/** What `PKG_PNP_FOLDERS` asks for: `always`, `never`, or else only while TypeScript is there to search. */
const wanted = () => process.env.PKG_PNP_FOLDERS ?? '';

class Folders {
  #state;
  #isStored;

  /** `isStored`: whether something is at a portable path without these folders. */
  constructor(state, isStored) {
    this.#state = state;
    this.#isStored = isStored;
  }

  static mayBe(text) {
    return MAY_BE.test(text);
  }

  /**
   * What a portable path means here: null for nothing, else `{path}`, where it leads; with `isLink` if it is the link
   * itself, and with `names` if it is a folder that has them.
   */
  look(portable) {
    let current = portable.replace(/(?<=.)\/$/, '');
    let found = null;
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const next = this.#step(current);
      if (next === null) return found;
      found = next;
      if (next.names !== undefined) return next;
      current = next.path;
    }
    return found;
  }

  /** Replaces the first folder of the path that belongs to a package, and the name in it. */
  #step(portable) {
    for (let at = portable.indexOf(SEGMENT); at !== -1; at = portable.indexOf(SEGMENT, at + 1)) {
      const end = at + SEGMENT.length;
      if (end !== portable.length && portable[end] !== '/') continue;
      const location = portable.slice(0, at + 1);
      const owner = this.#state.ownerOf(location);
      const information = owner === null ? null : this.#state.information(owner);
      if (information?.portableLocation !== location || this.#state.isIgnored(location)) continue;
      return this.#below(portable.slice(0, end), { owner, information }, portable.slice(end + 1));
    }
    return null;
  }

  #below(folder, issuer, rest) {
    const scoped = /^(@[^/]+)(?:\/([^/]+))?(?:\/(.*))?$/s.exec(rest);
    const plain = /^([^/]+)(?:\/(.*))?$/s.exec(rest);
    if (plain === null) return this.#folder(folder, issuer, '');
    if (scoped !== null && scoped[2] === undefined) return this.#folder(`${folder}/${scoped[1]}`, issuer, `${scoped[1]}/`);
    const name = scoped === null ? plain[1] : `${scoped[1]}/${scoped[2]}`;
    const inside = (scoped === null ? plain[2] : scoped[3]) ?? '';
    const location = this.#target(issuer, name);
    if (location === null || this.#isStored(`${folder}/${name}`)) return null;
    return inside === '' ? { path: location.slice(0, -1), isLink: true } : { path: location + inside };
  }

  /** A folder of names: all of them, or those of a scope. */
  #folder(path, issuer, scope) {
    const names = new Set();
    for (const name of issuer.information.packageDependencies.keys()) {
      if (!name.startsWith(scope) || this.#target(issuer, name) === null) continue;
      names.add(name.slice(scope.length).split('/')[0]);
    }
    if (names.size === 0) return null;
    const isThere = this.#isStored(path);
    return { path: isThere ? path : issuer.information.portableLocation.slice(0, -1), shown: path, isThere, names };
  }

  /** The location of what a package finds by a name; what it is itself is no link in it. */
  #target({ owner, information }, name) {
    if (name.startsWith('.') || name === owner.name) return null;
    const target = information.packageDependencies.get(name) ?? this.#state.fallback(name, owner)?.target ?? null;
    if (target === null) return null;
    return this.#state.information(locatorOf(name, target))?.portableLocation ?? null;
  }
}

/** Programs that search folders for types, by the package that does so. */
const SEARCHERS = /[\\/]typescript[\\/]lib[\\/][^\\/]+\.c?js$/;

/** Whether a file, which is about to run, searches folders. */
function searches(filename) {
  return SEARCHERS.test(filename) && wanted() !== 'never';
}

module.exports = { Folders, searches, wanted };
