'use strict';
// Puts the map under `require`: who is asked for a package, where files of the layer are read, and what starts first.

const Module = require('module');
const { fileURLToPath, pathToFileURL } = require('url');
const paths = require('./paths.cjs');
const { searches } = require('./folders.cjs');
const { formatOf } = require('./format.cjs');

class ModulePatch {
  #maps;
  #files;
  #resolution;
  #esm;
  #openFolders;

  /** `openFolders`: called before a program runs that searches folders. */
  constructor({ maps, files, resolution, esm, openFolders }) {
    this.#maps = maps;
    this.#files = files;
    this.#resolution = resolution;
    this.#esm = esm;
    this.#openFolders = openFolders;
  }

  install() {
    this.#patchResolve();
    this.#patchLoad();
    this.#patchExtensions();
    this.#patchAddons();
    this.#patchMain();
    this.#patchCompile();
    Module.findPnpApi = (place) => {
      const native = place instanceof URL || String(place).startsWith('file:') ? fileURLToPath(place) : place;
      return this.#maps.apiFor(paths.absolute(native));
    };
  }

  #isLayered(portable) {
    return this.#files.layer.concerns(portable) && this.#files.layer.locate(portable) !== null;
  }

  #patchResolve() {
    const patch = this;
    const original = Module._resolveFilename;
    Module._resolveFilename = function resolveFilename(request, parent, isMain, options) {
      const isNodes = typeof request !== 'string' || Module.isBuiltin(request) || options?.plugnplay === false;
      if (isNodes) return original.apply(this, arguments);
      const byNode = (place) => original.call(this, request, parent, isMain, place === null ? options : { ...options, paths: [place] });
      let failure;
      for (const [issuer, place] of issuersOf(parent, options)) {
        try {
          return patch.#resolveFrom(request, issuer, options, () => byNode(place));
        } catch (error) {
          failure ??= error;
        }
      }
      if (failure === undefined) return original.apply(this, arguments);
      throw withStack(failure, parent);
    };
  }

  #resolveFrom(request, issuer, options, byNode) {
    if (paths.isPathRequest(request)) {
      const target = paths.isAbsolute(request)
        ? paths.toPortable(request)
        : paths.normalize(issuer.slice(0, issuer.lastIndexOf('/') + 1) + paths.toPortable(request));
      return this.#isLayered(target) ? paths.fromPortable(this.#resolution.qualify(target, Object.keys(Module._extensions))) : byNode();
    }
    const api = this.#maps.apiFor(issuer);
    if (api === this.#maps.own) return this.#resolveByOwn(request, issuer, options) ?? byNode();
    if (request === 'pnpapi') return (api ?? this.#maps.own).resolveToUnqualified(request, paths.fromPortable(issuer));
    if (api === null) return byNode();
    const conditions = options?.conditions;
    const found = api.resolveRequest(request, paths.fromPortable(issuer), conditions === undefined ? undefined : { conditions });
    return found ?? byNode();
  }

  /** The same as the API does, without its conversions. */
  #resolveByOwn(request, issuer, options) {
    const found = this.#resolution.request(request, issuer, options?.conditions === undefined ? {} : { conditions: options.conditions });
    return found === null ? null : paths.fromPortable(found);
  }

  /** `require('pnpapi')` gives the API of the project that asks. */
  #patchLoad() {
    const maps = this.#maps;
    const original = Module._load;
    Module._load = function load(request, parent) {
      if (request !== 'pnpapi') return original.apply(this, arguments);
      return maps.apiFor(issuersOf(parent)[0][0]) ?? maps.own;
    };
  }

  /** Node asks its own readers for a file's kind; those do not see the layer. */
  #patchExtensions() {
    const patch = this;
    const original = Module._extensions['.js'];
    Module._extensions['.js'] = function compile(module, filename) {
      const portable = paths.toPortable(filename);
      if (!patch.#isLayered(portable)) return original.apply(this, arguments);
      const format = formatOf(patch.#files, portable);
      if (format === 'module' && !process.features.require_module) throw requiredModule(filename, module);
      return module._compile(patch.#files.text(portable), filename, format);
    };
    for (const extension of ['.mjs', '.cjs']) {
      const own = Module._extensions[extension];
      if (own !== undefined && own !== original) {
        Module._extensions[extension] = function compileKnown(module, filename) {
          const isLayered = patch.#isLayered(paths.toPortable(filename));
          return (isLayered ? Module._extensions['.js'] : own).apply(this, arguments);
        };
      }
    }
  }

  /** The system loads an addon by its path, so it has to be a real one. */
  #patchAddons() {
    const { layer } = this.#files;
    const original = process.dlopen;
    process.dlopen = function dlopen(module, filename, ...rest) {
      if (!layer.concerns(filename)) return original.apply(this, arguments);
      const place = layer.locate(layer.portable(filename));
      if (place?.archive) {
        const text = `${filename} is native code in an archive, which the system cannot load: unplug its package`;
        throw Object.assign(new Error(text), { code: 'ERR_DLOPEN_FAILED' });
      }
      return original.call(this, module, place === null ? filename : paths.fromPortable(place.real), ...rest);
    };
  }

  /** The program itself may lie in the layer, or be the first ES module. */
  #patchMain() {
    const patch = this;
    const original = Module.runMain;
    Module.runMain = function runMain(main = process.argv[1]) {
      const portable = typeof main === 'string' ? paths.absolute(main) : null;
      if (portable === null) return original.apply(this, arguments);
      if (!patch.#isLayered(portable)) {
        if (!patch.#startsAsCommonJs(portable)) patch.#esm.register();
        return original.apply(this, arguments);
      }
      const file = patch.#resolution.qualify(portable, Object.keys(Module._extensions));
      if (formatOf(patch.#files, file) !== 'module') return Module._load(paths.fromPortable(file), null, true);
      patch.#esm.register();
      return import(pathToFileURL(paths.fromPortable(file)).href);
    };
  }

  #startsAsCommonJs(portable) {
    if (!/\.c?js$/.test(portable)) return false;
    try {
      const file = this.#resolution.qualify(portable, []);
      return formatOf(this.#files, file) === 'commonjs';
    } catch {
      // Node says what is wrong with the program, in its own words.
      return true;
    }
  }

  /** Hooks slow every `require` down, and may cost a thread: they wait until some text may need them. */
  #patchCompile() {
    const esm = this.#esm;
    const openFolders = this.#openFolders;
    const original = Module.prototype._compile;
    Module.prototype._compile = function compile(content, filename, format) {
      if (searches(filename)) openFolders();
      if (format === 'module' && esm.isThreaded) return compileModule(() => original.apply(this, arguments));
      if (mayImport(content, format)) esm.register();
      return original.apply(this, arguments);
    };
  }
}

/** Whether a text may import: as a module, or by a call of `import`; and what may yet turn out to be a module. */
function mayImport(content, format) {
  if (format === 'module' || typeof content !== 'string') return true;
  return content.includes('import') && (/\bimport\s*(?:\(|\/[*/])/.test(content) || (format !== 'commonjs' && /^\s*import\b/m.test(content)));
}

/** Where hooks run in a thread, Node does not ask them about what a module imports that is loaded by `require`. */
function compileModule(compile) {
  try {
    return compile();
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') {
      error.message += '\n  help: this Node.js looks up the imports of a module under require() without the map;' +
        ' load it by import(), or use Node.js 22.15 or later';
    }
    throw error;
  }
}

/** Whom a request comes from: `[issuer, the place given by the caller or null]`, all to be tried in turn. */
function issuersOf(parent, options) {
  if (Array.isArray(options?.paths)) {
    return options.paths.map((place) => [paths.absolute(`${place}/`), place]);
  }
  const file = parent?.filename;
  const isKnown = typeof file === 'string' && paths.isAbsolute(paths.toPortable(file));
  return [[isKnown ? paths.toPortable(file) : paths.absolute(`${process.cwd()}/`), null]];
}

/** Node tells who required what; so does a failure of the map. */
function withStack(error, parent) {
  if (error.code !== 'MODULE_NOT_FOUND' || error.requireStack !== undefined) return error;
  const stack = [];
  const seen = new Set();
  for (let module = parent; module && !seen.has(module); module = module.parent) {
    seen.add(module);
    stack.push(module.filename ?? module.id);
  }
  Object.defineProperty(error, 'requireStack', { value: stack, configurable: true, writable: true });
  return error;
}

function requiredModule(filename, module) {
  const text = `require() of ES Module ${filename} from ${module.parent?.filename ?? 'the program'} is not supported by this Node.js`;
  return Object.assign(new Error(text), { code: 'ERR_REQUIRE_ESM' });
}

module.exports = { ModulePatch };
