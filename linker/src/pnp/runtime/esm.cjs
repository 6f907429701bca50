'use strict';
// ES modules: the two hooks of Node's module customization, `resolve` and `load`, in a synchronous form (for
// `module.registerHooks`) and an asynchronous one (for `module.register` and `--experimental-loader`).
//
// Files on disk go back to Node's own hooks under the address that the map gives; only what no disk has is answered here.

const Module = require('module');
const { fileURLToPath, pathToFileURL } = require('url');
const paths = require('./paths.cjs');
const { formatOf } = require('./format.cjs');

/** The portable path of a `file:` address, or null for any other. */
function pathOf(url) {
  return typeof url === 'string' && url.startsWith('file:') ? paths.toPortable(fileURLToPath(url)) : null;
}

/** The address of a portable path. */
function addressOf(portable) {
  return pathToFileURL(paths.fromPortable(portable)).href;
}

function hasScheme(specifier) {
  return /^[a-zA-Z][a-zA-Z0-9+.-]+:/.test(specifier);
}

class EsmHooks {
  #maps;
  #files;

  constructor(maps, files) {
    this.#maps = maps;
    this.#files = files;
  }

  /** Null (not ours), `{next}` (an address for Node's own hook) or a final answer. */
  resolve(specifier, { parentURL, conditions }) {
    // `require` has its own way, which is patched already.
    if (conditions?.includes('require') || Module.isBuiltin(specifier)) return null;
    if (specifier.startsWith('file:') || /^(?:\.{0,2}\/|\.{1,2}$)/.test(specifier)) return this.#resolvePath(specifier, parentURL);
    if (hasScheme(specifier)) return null;
    const issuer = parentURL === undefined ? paths.absolute(`${process.cwd()}/`) : pathOf(parentURL);
    return issuer === null ? null : this.#resolveBare(specifier, issuer, conditions);
  }

  #resolvePath(specifier, parentURL) {
    if (!specifier.startsWith('file:') && pathOf(parentURL) === null) return null;
    const url = new URL(specifier, parentURL);
    const portable = pathOf(url.href);
    if (!this.#isLayered(portable)) return null;
    if (this.#files.kind(portable) !== 'file') throw notFound(portable, parentURL);
    return this.#final(this.#files.realPath(portable), url.search + url.hash);
  }

  #resolveBare(specifier, issuer, conditions) {
    const api = specifier === 'pnpapi' ? (this.#maps.apiFor(issuer) ?? this.#maps.own) : this.#maps.apiFor(issuer);
    if (api === null) return null;
    const [, request, suffix] = /^(.[^?#]*)(.*)$/s.exec(specifier);
    const found = this.#ask(api, request, issuer, conditions);
    if (found === null) return { next: request };
    return this.#isLayered(found) ? this.#final(found, suffix) : { next: addressOf(found) + suffix };
  }

  #ask(api, request, issuer, conditions) {
    try {
      const options = conditions === undefined ? {} : { conditions: new Set(conditions) };
      const found = api.resolveRequest(request, paths.fromPortable(issuer), { ...options, isStrict: true });
      return found === null ? null : Module.isBuiltin(found) ? null : paths.toPortable(found);
    } catch (error) {
      if (error.code === 'MODULE_NOT_FOUND') error.code = 'ERR_MODULE_NOT_FOUND';
      throw error;
    }
  }

  #final(portable, suffix) {
    return { url: addressOf(portable) + suffix, format: this.#formatOf(portable), shortCircuit: true };
  }

  #formatOf(portable) {
    const format = formatOf(this.#files, portable);
    return format === 'addon' ? 'commonjs' : format;
  }

  #isLayered(portable) {
    return this.#files.layer.concerns(portable) && this.#files.layer.locate(portable) !== null;
  }

  /** Null (not ours) or the module's text. `holdsCommonJs`: whether the text of CommonJS is wanted as well. */
  load(url, { format, importAttributes }, holdsCommonJs) {
    const portable = pathOf(url);
    if (portable === null || !this.#isLayered(portable)) return null;
    const kind = format ?? this.#formatOf(portable);
    if (kind === 'json' && importAttributes !== undefined && importAttributes.type !== 'json') throw needsAttribute(url);
    if (kind === 'commonjs') return { format: kind, source: holdsCommonJs ? this.#files.text(portable) : null, shortCircuit: true };
    const source = kind === 'wasm' ? this.#files.bytes(portable) : this.#files.text(portable);
    return { format: kind, source, shortCircuit: true };
  }

  /** The form for `module.registerHooks`. */
  synchronous() {
    return {
      resolve: (specifier, context, next) => {
        const found = this.resolve(specifier, context);
        if (found === null) return next(specifier, context);
        return found.next === undefined ? found : next(found.next, context);
      },
      // For `require` Node asks here too; those files have their own way.
      load: (url, context, next) =>
        (context.conditions?.includes('require') ? null : this.load(url, context, true)) ?? next(url, context),
    };
  }

  /** The form for hooks that run in a thread of their own. */
  asynchronous() {
    return {
      resolve: async (specifier, context, next) => {
        const found = this.resolve(specifier, context);
        if (found === null) return next(specifier, context);
        return found.next === undefined ? found : next(found.next, context);
      },
      load: async (url, context, next) => this.load(url, context, false) ?? next(url, context),
    };
  }
}

function notFound(portable, parentURL) {
  const by = parentURL === undefined ? '' : ` imported from ${pathOf(parentURL) ?? parentURL}`;
  return Object.assign(new Error(`Cannot find module '${paths.fromPortable(portable)}'${by}`), { code: 'ERR_MODULE_NOT_FOUND' });
}

function needsAttribute(url) {
  const error = new TypeError(`Module "${url}" needs an import attribute of "type: json"`);
  return Object.assign(error, { code: 'ERR_IMPORT_ATTRIBUTE_MISSING' });
}

module.exports = { EsmHooks };
