'use strict';
// The API of one map: what `require('pnpapi')` gives. It asks the state and the disk; it patches nothing.

const Module = require('module');
const errors = require('./errors.cjs');
const paths = require('./paths.cjs');
const { locatorOf } = require('./state.cjs');
const { lookUpExport, lookUpImport } = require('./exports.cjs');

const VERSIONS = { std: 3, resolveVirtual: 1, getAllLocators: 1 };
const TOP_LEVEL = { name: null, reference: null };
const REQUIRE_CONDITIONS = new Set(['node', 'require', 'module-sync', 'node-addons']);
if (!process.features.require_module) REQUIRE_CONDITIONS.delete('module-sync');

/** The package folder that a path lies in, by its spelling alone. */
const PACKAGE_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//;

/** Node's own lookup from a file (or a folder, with a slash at the end), as if there were no map. */
function resolveByNode(request, issuer) {
  const file = paths.fromPortable(issuer.endsWith('/') ? `${issuer}[folder]` : issuer);
  const parent = new Module(file, null);
  parent.filename = file;
  parent.paths = Module._nodeModulePaths(paths.fromPortable(paths.dirname(file)));
  return Module._resolveFilename(request, parent, false, { plugnplay: false });
}

/** Resolution over one map. Paths inside are portable; `createApi` wraps it in native ones. */
class Resolution {
  #warned = new Set();

  constructor(state, files, pnpPath) {
    this.state = state;
    this.files = files;
    this.pnpPath = pnpPath;
  }

  /** The owner of a path, or null for ignored and foreign ones. */
  findLocator(path, { resolveIgnored = false } = {}) {
    if (!resolveIgnored && this.state.isIgnored(path)) return null;
    return this.state.ownerOf(path);
  }

  /** `{path, locator, subpath}` for a bare request, `{path}` for a path, null for what Node has built in. */
  toUnqualified(request, issuer, { considerBuiltins = true } = {}) {
    if (request === 'pnpapi') return { path: this.pnpPath };
    if (considerBuiltins && Module.isBuiltin(request)) return null;
    const isPath = paths.isPathRequest(request);
    const isAbsolute = isPath && paths.isAbsolute(request);
    if (issuer !== null && this.state.isIgnored(issuer) && !(isAbsolute && this.findLocator(paths.toPortable(request)))) {
      return this.#byNode(request, issuer, 'the project says so for this place (pnpIgnorePatterns)');
    }
    if (isAbsolute) return { path: paths.normalize(paths.toPortable(request)) };
    if (issuer === null) {
      const text = "The resolveToUnqualified function must be called with a valid issuer when the path isn't a builtin nor absolute";
      throw errors.badCall(text, { request, issuer });
    }
    if (isPath) return { path: paths.normalize(folderOf(issuer) + paths.toPortable(request)) };
    return this.#bareToUnqualified(request, issuer);
  }

  #byNode(request, issuer, reason) {
    try {
      return { path: paths.toPortable(resolveByNode(request, issuer)), isFinal: true };
    } catch (cause) {
      throw errors.builtinFailed(request, issuer, reason, cause);
    }
  }

  #bareToUnqualified(request, issuer) {
    const issuerLocator = this.findLocator(issuer);
    if (issuerLocator === null) return this.#byNode(request, issuer, 'no package of the map owns the place');
    const parts = paths.splitBareRequest(request);
    if (parts === null) throw errors.badCall(`${JSON.stringify(request)} names no package`, { request, issuer });
    const locator = this.#dependency({ request, dependencyName: parts.name, issuer, issuerLocator });
    const location = this.state.information(locator).portableLocation;
    const path = parts.subpath === '' ? location : paths.normalize(location + parts.subpath);
    return { path, locator, location, subpath: parts.subpath, isSlashed: parts.isSlashed };
  }

  /** The locator of one dependency, by the issuer's own list or by the fallback. */
  #dependency(question) {
    const { dependencyName, issuerLocator } = question;
    let target = this.state.information(issuerLocator).packageDependencies.get(dependencyName);
    if (target === undefined || target === null) {
      const fallback = this.state.fallback(dependencyName, issuerLocator);
      if (fallback !== undefined) this.#tellFallback(question, fallback.isPooled);
      target = fallback?.target ?? target;
    }
    const isRoot = this.state.isRoot(issuerLocator);
    if (target === undefined) throw errors.undeclared({ ...question, isRoot });
    if (target === null) throw this.#missingPeer({ ...question, isRoot });
    const locator = locatorOf(dependencyName, target);
    if (!this.state.information(locator)?.packageLocation) throw errors.missingDependency(question, locator);
    return locator;
  }

  #missingPeer(question) {
    const breakers = question.isRoot ? [] : this.state.chainBreakers(question.dependencyName, question.issuerLocator);
    const areAllRoots = breakers.length > 0 && breakers.every((breaker) => this.state.isRoot(breaker));
    return errors.missingPeer(question, breakers, areAllRoots);
  }

  #tellFallback({ dependencyName, issuerLocator, issuer }, isPooled) {
    if (!isPooled && !process.env.PNP_ALWAYS_WARN_ON_FALLBACK) return;
    const key = `${issuerLocator.name}\0${issuerLocator.reference}\0${dependencyName}`;
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    process.emitWarning(
      `${errors.describe(issuerLocator)} uses ${dependencyName} without declaring it (in ${paths.fromPortable(issuer)}); ` +
        'the map stepped in with the copy that the project has',
    );
  }

  /** The file behind an unqualified path. */
  qualify(unqualified, extensions) {
    const candidates = [];
    const found = this.#asFile(unqualified, extensions, candidates) ?? this.#asFolder(unqualified, extensions, candidates);
    if (found !== null) return this.files.realPath(found);
    throw errors.unqualifiedNotFound(unqualified, candidates, this.#missingFolder(unqualified));
  }

  #asFile(path, extensions, candidates) {
    if (path.endsWith('/')) return null;
    candidates.push(path);
    const kind = this.files.kind(path);
    if (kind === 'file') return path;
    for (const extension of extensions) {
      candidates.push(path + extension);
      if (this.files.kind(path + extension) === 'file') return path + extension;
    }
    return null;
  }

  #asFolder(path, extensions, candidates) {
    const folder = path.endsWith('/') ? path : path + '/';
    if (this.files.kind(folder.slice(0, -1) || '/') !== 'folder') return null;
    const main = this.files.manifest(folder)?.main;
    if (typeof main === 'string' && main !== '') {
      const target = paths.normalize(folder + main).replace(/\/$/, '');
      const found = this.#asFile(target, extensions, candidates) ?? this.#asFile(`${target}/index`, extensions, candidates);
      if (found !== null) return found;
    }
    return this.#asFile(`${folder}index`, extensions, candidates);
  }

  /** The package folder that should hold a path and is not there. */
  #missingFolder(path) {
    const owner = this.state.ownerOf(path);
    const spelled = PACKAGE_FOLDER.exec(path.endsWith('/') ? path : path + '/')?.[0];
    const location = spelled ?? (owner === null ? null : this.state.information(owner).portableLocation);
    if (location === null || this.files.kind(location.slice(0, -1)) !== null) return null;
    return { path: location, isUnplugged: /\/unplugged\/[^/]+\/node_modules\//.test(location) };
  }

  /** The package's `exports` applied to a bare request: a path, or null where it has none. */
  #byExports({ locator, location, subpath, isSlashed }, request, issuer, conditions) {
    const exported = this.files.manifest(location)?.exports;
    if (exported === undefined || exported === null) return null;
    const key = subpath === '' ? `.${isSlashed ? '/' : ''}` : `./${subpath}`;
    const found = lookUpExport(exported, key, conditions);
    if (found.target !== undefined) return paths.normalize(location + found.target);
    throw errors.exportsFailed(
      [
        `${errors.describe(locator)} does not export ${JSON.stringify(key)}: ${found.problem}.`,
        '',
        `  wanted     ${request}`,
        `  wanted by  ${paths.fromPortable(issuer)}`,
        `  declared   ${paths.fromPortable(location)}package.json`,
      ],
      { unqualifiedPath: paths.fromPortable(location + subpath), locator: { ...locator }, subpath: key, conditions: [...conditions] },
    );
  }

  /** A file for any request. */
  request(request, issuer, options) {
    const { conditions = REQUIRE_CONDITIONS, extensions = defaultExtensions() } = options;
    if (request.startsWith('#') && issuer !== null) return this.#privateImport(request, issuer, conditions, options);
    const unqualified = this.toUnqualified(request, issuer, options);
    if (unqualified === null || unqualified.isFinal) return unqualified?.path ?? null;
    if (unqualified.path === this.pnpPath) return this.pnpPath;
    const isBare = unqualified.locator !== undefined;
    const exported = isBare ? this.#byExports(unqualified, request, issuer, conditions) : null;
    if (exported !== null) return this.qualify(exported, []);
    const isWholePackage = isBare && unqualified.subpath === '';
    return this.qualify(unqualified.path, options.isStrict && !isWholePackage ? [] : extensions);
  }

  #privateImport(request, issuer, conditions, options) {
    const owner = this.findLocator(issuer);
    if (owner === null) return this.#byNode(request, issuer, 'no package of the map owns the place').path;
    const location = this.state.information(owner).portableLocation;
    const found = lookUpImport(this.files.manifest(location)?.imports, request, conditions);
    if (found.target !== undefined) return this.qualify(paths.normalize(location + found.target), []);
    if (found.bare !== undefined) return this.request(found.bare, location, options) ?? found.bare;
    throw errors.exportsFailed(
      [
        `${errors.describe(owner)} does not define the import ${JSON.stringify(request)}: ${found.problem}.`,
        '',
        `  wanted by  ${paths.fromPortable(issuer)}`,
        `  declared   ${paths.fromPortable(location)}package.json`,
      ],
      { request, issuer: paths.fromPortable(issuer), locator: { ...owner }, conditions: [...conditions] },
    );
  }
}

function defaultExtensions() {
  return Object.keys(Module._extensions);
}

/** The folder of an issuer: itself, where it ends with a slash. */
function folderOf(issuer) {
  return issuer.slice(0, issuer.lastIndexOf('/') + 1);
}

/** Absolute portable form of an issuer; a slash at its end says that it is a folder. */
function issuerOf(issuer) {
  return issuer === null || issuer === undefined ? null : paths.absolute(issuer);
}

/** Options of the public API, in the form that `Resolution` takes. */
function optionsOf({ conditions, ...rest } = {}) {
  return conditions === undefined || conditions === null ? rest : { ...rest, conditions: new Set(conditions) };
}

/** Makes the public API. `setup` is what `.setup()` shall do. */
function createApi({ state, files, pnpPath, setup }) {
  const resolution = new Resolution(state, files, paths.toPortable(pnpPath));
  const native = (portable) => (portable === null ? null : paths.fromPortable(portable));
  const api = {
    VERSIONS: { ...VERSIONS },
    topLevel: { ...TOP_LEVEL },
    getLocator: (name, target) => locatorOf(name, target),
    getDependencyTreeRoots: () => state.roots.map((root) => ({ ...root })),
    getAllLocators: () => [...state.allLocators()],
    getPackageInformation: (locator) => state.information(locator),
    findPackageLocator(location, options) {
      const found = resolution.findLocator(paths.absolute(location), options);
      return found === null ? null : { ...found };
    },
    resolveToUnqualified(request, issuer, options) {
      return native(resolution.toUnqualified(request, issuerOf(issuer), options)?.path ?? null);
    },
    resolveUnqualified(unqualified, { extensions = defaultExtensions() } = {}) {
      return native(resolution.qualify(paths.absolute(unqualified), extensions));
    },
    resolveRequest(request, issuer, options) {
      return native(resolution.request(request, issuerOf(issuer), optionsOf(options)));
    },
    resolveVirtual(location) {
      const portable = paths.normalize(paths.toPortable(location));
      const mapped = paths.mapVirtual(portable);
      return mapped === portable ? null : native(mapped);
    },
    setup,
  };
  return { api, resolution };
}

module.exports = { createApi };
