'use strict';
// The map in memory: packages by name and reference, and by location. Most runs touch few packages, so each becomes an
// object only when somebody asks for it.

const { damagedMap } = require('./errors.cjs');
const { fromPortable, isAbsolute, normalize, relative, toPortable } = require('./paths.cjs');
const { parseRegistry } = require('./registry.cjs');

const TOP_LEVEL = { name: null, reference: null };
/** Packages whose dependencies everybody may use, because their users have always relied on it. */
const COMPATIBILITY = ['react-scripts', 'gatsby'];

/** One package of the map, in the form that the API hands out. */
class PackageInformation {
  #raw;
  #dependencies;
  #peers;

  constructor(raw, portableLocation) {
    this.#raw = raw;
    this.portableLocation = portableLocation;
    Object.defineProperty(this, 'portableLocation', { enumerable: false });
    /** Absolute, in the platform's own form, with a slash at the end. */
    this.packageLocation = fromPortable(portableLocation);
    this.linkType = raw.linkType;
    this.discardFromLookup = raw.discardFromLookup ?? false;
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

/** All packages of one map, with the questions that resolution asks. Nothing is parsed before the first of them. */
class State {
  #map;
  #index = null;
  #locators = new Map();

  constructor(map, basePath) {
    const base = toPortable(basePath);
    this.base = base.endsWith('/') ? base : base + '/';
    this.#map = map;
  }

  /** Whether a package may lie in an archive or at a virtual path: answered before anything is parsed. */
  get mayBeLayered() {
    const text = typeof this.#map === 'string' ? this.#map : JSON.stringify(this.#map);
    return text.includes('.zip/') || text.includes('/__virtual__/');
  }

  get #all() {
    if (this.#index === null) {
      this.#index = this.#read(() => indexOf(parseRegistry(this.#map)));
      this.#map = null;
    }
    return this.#index;
  }

  /** Reads a part of the map; whatever goes wrong there is the map's fault. */
  #read(parse) {
    try {
      return parse();
    } catch (cause) {
      throw damagedMap(this.base, cause);
    }
  }

  get roots() {
    return this.#all.roots;
  }

  /** The package's entry, or null. */
  information(locator) {
    const entry = this.#all.registry.get(locator.name)?.find(({ reference }) => reference === locator.reference);
    if (entry === undefined) return null;
    entry.information ??= this.#read(() => new PackageInformation(entry.raw, this.#absolute(entry.location)));
    return entry.information;
  }

  #absolute(location) {
    return isAbsolute(location) ? location : normalize(this.base + location);
  }

  /** Every locator but the nameless one, in the order of the file. */
  *allLocators() {
    for (const [name, entries] of this.#all.registry) {
      if (name === null) continue;
      for (const { reference } of entries) if (reference !== null) yield { name, reference };
    }
  }

  isRoot({ name, reference }) {
    return name === null || this.roots.some((root) => root.name === name && root.reference === reference);
  }

  /** Whether the project says that Node's own resolution rules below this path. */
  isIgnored(portable) {
    const { ignorePattern } = this.#all;
    if (ignorePattern === null) return false;
    const isInside = portable.startsWith(this.base);
    const inside = isInside ? portable.slice(this.base.length) : relative(this.base, portable);
    return ignorePattern.test(inside.replace(/\/$/, ''));
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
    return this.#all.locations.get(this.#key(folder));
  }

  #climb(folder) {
    const { locations } = this.#all;
    let key = this.#key(folder);
    while (key !== '') {
      const owner = locations.get(key);
      if (owner !== undefined) return owner;
      key = key.slice(0, key.lastIndexOf('/', key.length - 2) + 1);
    }
    return null;
  }

  /** What may stand in for a dependency that the issuer does not list: `{target, isPooled}`, or undefined. */
  fallback(name, issuer) {
    const { exclusions, fallbackPool, isFallbackOn } = this.#all;
    if (!isFallbackOn || issuer.name === null) return undefined;
    if (exclusions.get(issuer.name)?.has(issuer.reference)) return undefined;
    for (const source of this.#fallbackSources()) {
      const target = source.packageDependencies.get(name);
      if (target !== undefined && target !== null) return { target, isPooled: false };
    }
    const target = fallbackPool.get(name);
    return target === undefined || target === null ? undefined : { target, isPooled: true };
  }

  *#fallbackSources() {
    const top = this.information(TOP_LEVEL);
    if (top !== null) yield top;
    for (const name of COMPATIBILITY) {
      for (const { reference } of this.#all.registry.get(name) ?? []) yield this.information({ name, reference });
    }
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

/** What questions are answered from. */
function indexOf({ data, packages }) {
  const locations = new Map();
  for (const [name, entries] of packages) {
    for (const { location, reference, isDiscarded } of entries) if (!isDiscarded) locations.set(location, { name, reference });
  }
  return {
    exclusions: new Map((data.fallbackExclusionList ?? []).map(([name, references]) => [name, new Set(references)])),
    fallbackPool: new Map(data.fallbackPool),
    ignorePattern: data.ignorePatternData ? new RegExp(data.ignorePatternData) : null,
    isFallbackOn: data.enableTopLevelFallback ?? false,
    locations,
    registry: new Map(packages),
    roots: data.dependencyTreeRoots ?? [],
  };
}

function order(left, right) {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The locator behind one line of `packageDependencies`. */
function locatorOf(name, target) {
  return Array.isArray(target) ? { name: target[0], reference: target[1] } : { name, reference: target };
}

/** Builds the map from its JSON, parsed or not; `basePath` is the folder that locations are relative to. */
function hydrateRuntimeState(map, { basePath }) {
  return new State(map, basePath);
}

module.exports = { hydrateRuntimeState, locatorOf };
