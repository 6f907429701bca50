'use strict';
// The map in memory. What `.pnp.cjs` holds as JSON is indexed by name, reference and location; a package's own
// dependencies become a Map only when somebody asks for them, because most runs touch few packages.

const { fromPortable, isAbsolute, normalize, relative, toPortable } = require('./paths.cjs');

/** Packages whose dependencies everybody may use, because their users have always relied on it. */
const COMPATIBILITY = ['react-scripts', 'gatsby'];

/** One package of the map, in the form that the API hands out. */
class PackageInformation {
  #raw;
  #base;
  #location;
  #dependencies;
  #peers;

  constructor(raw, base) {
    this.#raw = raw;
    this.#base = base;
    this.linkType = raw.linkType;
    this.discardFromLookup = raw.discardFromLookup ?? false;
  }

  /** Absolute, in the platform's own form, with a slash at the end. */
  get packageLocation() {
    this.#location ??= fromPortable(this.portableLocation);
    return this.#location;
  }

  get portableLocation() {
    const location = this.#raw.packageLocation;
    return isAbsolute(location) ? location : normalize(this.#base + location);
  }

  get packageDependencies() {
    this.#dependencies ??= new Map(this.#raw.packageDependencies);
    return this.#dependencies;
  }

  get packagePeers() {
    this.#peers ??= new Set(this.#raw.packagePeers);
    return this.#peers;
  }
}

/** All packages of one map, with the questions that resolution asks. */
class State {
  #locators = new Map();

  constructor(data, basePath) {
    const base = toPortable(basePath);
    this.base = base.endsWith('/') ? base : base + '/';
    this.roots = data.dependencyTreeRoots ?? [];
    this.isFallbackOn = data.enableTopLevelFallback ?? false;
    this.ignorePattern = data.ignorePatternData ? new RegExp(data.ignorePatternData) : null;
    this.fallbackPool = new Map(data.fallbackPool);
    this.exclusions = new Map((data.fallbackExclusionList ?? []).map(([name, list]) => [name, new Set(list)]));
    this.registry = new Map();
    this.locations = new Map();
    this.hasLayeredLocations = false;
    for (const [name, references] of data.packageRegistryData) this.#addPackages(name, references);
  }

  #addPackages(name, references) {
    const known = new Map();
    this.registry.set(name, known);
    for (const [reference, raw] of references) {
      known.set(reference, new PackageInformation(raw, this.base));
      const location = raw.packageLocation;
      if (!raw.discardFromLookup) this.locations.set(location, { name, reference });
      this.hasLayeredLocations ||= location.includes('.zip/') || location.includes('/__virtual__/');
    }
  }

  /** The package's entry, or null. */
  information(locator) {
    return this.registry.get(locator.name)?.get(locator.reference) ?? null;
  }

  /** Every locator but the nameless one, in the order of the file. */
  *allLocators() {
    for (const [name, references] of this.registry) {
      if (name === null) continue;
      for (const reference of references.keys()) if (reference !== null) yield { name, reference };
    }
  }

  isRoot({ name, reference }) {
    return name === null || this.roots.some((root) => root.name === name && root.reference === reference);
  }

  /** Whether the project says that Node's own resolution rules below this path. */
  isIgnored(portable) {
    if (this.ignorePattern === null) return false;
    const inside = relative(this.base, portable);
    return this.ignorePattern.test(inside.replace(/\/$/, ''));
  }

  /** The package that owns an absolute portable path, ignore pattern aside. */
  ownerOf(portable) {
    const exact = this.#locate(portable.endsWith('/') ? portable : portable + '/');
    if (exact !== undefined) return exact;
    const folder = portable.slice(0, portable.lastIndexOf('/') + 1);
    const known = this.#locators.get(folder);
    if (known !== undefined) return known;
    const owner = this.#climb(folder);
    this.#locators.set(folder, owner);
    return owner;
  }

  #key(folder) {
    if (folder.startsWith(this.base)) return './' + folder.slice(this.base.length);
    const outside = relative(this.base, folder);
    if (isAbsolute(outside)) return outside + '/';
    return outside === '' ? './' : `${outside.startsWith('..') ? '' : './'}${outside}/`;
  }

  #locate(folder) {
    return this.locations.get(this.#key(folder));
  }

  #climb(folder) {
    let key = this.#key(folder);
    while (key !== '') {
      const owner = this.locations.get(key);
      if (owner !== undefined) return owner;
      key = key.slice(0, key.lastIndexOf('/', key.length - 2) + 1);
    }
    return null;
  }

  /** What may stand in for a dependency that the issuer does not list: `{target, isPooled}`, or undefined. */
  fallback(name, issuer) {
    if (!this.isFallbackOn || issuer.name === null) return undefined;
    if (this.exclusions.get(issuer.name)?.has(issuer.reference)) return undefined;
    for (const source of this.#fallbackSources()) {
      const target = source.packageDependencies.get(name);
      if (target !== undefined && target !== null) return { target, isPooled: false };
    }
    const target = this.fallbackPool.get(name);
    return target === undefined || target === null ? undefined : { target, isPooled: true };
  }

  *#fallbackSources() {
    const top = this.registry.get(null)?.get(null);
    if (top !== undefined) yield top;
    for (const name of COMPATIBILITY) yield* this.registry.get(name)?.values() ?? [];
  }

  /** The packages above `locator` that list `name` neither as a dependency nor as a peer: who broke the chain. */
  chainBreakers(name, locator) {
    const breakers = new Map();
    const seen = new Set();
    const pending = [locator];
    while (pending.length > 0) {
      const current = pending.pop();
      for (const dependent of this.#dependentsOf(current)) {
        const key = JSON.stringify(dependent);
        if (seen.has(key)) continue;
        seen.add(key);
        if (this.information(dependent).packagePeers.has(name)) pending.push(dependent);
        else breakers.set(key, dependent);
      }
    }
    return [...breakers.values()].sort((a, b) => order(a.name, b.name) || order(a.reference, b.reference));
  }

  *#dependentsOf({ name, reference }) {
    for (const dependent of this.allLocators()) {
      if (dependent.name === name && dependent.reference === reference) continue;
      for (const [alias, target] of this.information(dependent).packageDependencies) {
        if (target === null) continue;
        const found = locatorOf(alias, target);
        if (found.name !== name || found.reference !== reference) continue;
        yield dependent;
        break;
      }
    }
  }
}

function order(left, right) {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The locator behind one line of `packageDependencies`. */
function locatorOf(name, target) {
  return Array.isArray(target) ? { name: target[0], reference: target[1] } : { name, reference: target };
}

/** Builds the map from its JSON; `basePath` is the folder that locations are relative to. */
function hydrateRuntimeState(data, { basePath }) {
  return new State(data, basePath);
}

module.exports = { hydrateRuntimeState, locatorOf };
