'use strict';
// Every failure of the map, with the package at fault by name. Programs tell the cases apart by `pnpCode`; those that
// only know Node's own loader see `MODULE_NOT_FOUND` wherever a module is in fact not to be had.

const { fromPortable } = require('./paths.cjs');

const NOT_FOUND = new Set([
  'BUILTIN_NODE_RESOLUTION_FAILED',
  'MISSING_DEPENDENCY',
  'MISSING_PEER_DEPENDENCY',
  'QUALIFIED_PATH_RESOLUTION_FAILED',
  'UNDECLARED_DEPENDENCY',
]);

/** An error of the map: `lines` become the message, `data` stays for programs. */
function makeError(pnpCode, lines, data = {}) {
  const error = new Error(Array.isArray(lines) ? lines.join('\n') : lines);
  error.code = NOT_FOUND.has(pnpCode) ? 'MODULE_NOT_FOUND' : pnpCode;
  error.pnpCode = pnpCode;
  error.data = data;
  // Tools print every own property of an error: what is data for programs would bury the text for people.
  for (const name of ['pnpCode', 'data']) Object.defineProperty(error, name, { enumerable: false });
  return error;
}

/** `name@reference`, without the hash that tells two virtual instances of one package apart. */
function describe({ name, reference }) {
  if (name === null) return 'your application';
  const instance = /^virtual:([a-f0-9]*)#(.*)$/s.exec(reference);
  return instance === null ? `${name}@${reference}` : `${name}@${instance[2]} [${instance[1].slice(0, 5)}]`;
}

function where(request, dependencyName, issuer, locator) {
  const wanted = request === dependencyName ? dependencyName : `${dependencyName} (as ${JSON.stringify(request)})`;
  return ['', `  wanted     ${wanted}`, `  wanted by  ${describe(locator)} in ${fromPortable(issuer)}`];
}

const UNSOUND = 'this makes the require call ambiguous and unsound.';

/** The issuer lists nothing of this name. */
function undeclared({ request, dependencyName, issuer, issuerLocator, isRoot }) {
  const [who, whose] = isRoot ? ['Your application', 'your'] : [issuerLocator.name, 'its'];
  const help = isRoot
    ? `  help: \`pkg add ${dependencyName}\` declares it`
    : `  help: ${issuerLocator.name} should list it; until then \`packageExtensions\` in your package.json can add it`;
  return makeError(
    'UNDECLARED_DEPENDENCY',
    [
      `${who} tried to access ${dependencyName}, but it isn't declared in ${whose} dependencies; ${UNSOUND}`,
      ...where(request, dependencyName, issuer, issuerLocator),
      help,
    ],
    { request, issuer: fromPortable(issuer), issuerLocator: { ...issuerLocator }, dependencyName },
  );
}

/** The issuer lists a peer of this name, and nobody above provides it. */
function missingPeer({ request, dependencyName, issuer, issuerLocator, isRoot }, breakers, areAllRoots) {
  const who = isRoot ? 'Your application' : issuerLocator.name;
  const first = isRoot
    ? `${who} tried to access ${dependencyName} (a peer dependency), but nothing stands above it that could provide one.`
    : `${who} tried to access ${dependencyName} (a peer dependency) but it isn't provided by ` +
      `${areAllRoots ? 'your application' : 'its ancestors'}; ${UNSOUND}`;
  const lines = [first, ...where(request, dependencyName, issuer, issuerLocator)];
  for (const breaker of breakers) lines.push(`  missing in ${describe(breaker)}`);
  lines.push(
    isRoot || areAllRoots
      ? `  help: \`pkg add ${dependencyName}\` provides it`
      : `  help: the packages above should list ${dependencyName} as a dependency or a peer; \`packageExtensions\` can add it`,
  );
  return makeError('MISSING_PEER_DEPENDENCY', lines, {
    request,
    issuer: fromPortable(issuer),
    issuerLocator: { ...issuerLocator },
    dependencyName,
    brokenAncestors: breakers,
  });
}

/** The issuer's line points to a package that the map does not hold. */
function missingDependency({ request, dependencyName, issuer, issuerLocator }, target) {
  return makeError(
    'MISSING_DEPENDENCY',
    [
      `${describe(issuerLocator)} depends on ${dependencyName}, but ${describe(target)} has no place in the map.`,
      ...where(request, dependencyName, issuer, issuerLocator),
      '  help: the map was left half made or edited by hand; `pkg install` writes it anew',
    ],
    { request, issuer: fromPortable(issuer), dependencyLocator: { ...target } },
  );
}

/** The path has no file, with any extension. */
function unqualifiedNotFound(unqualified, candidates, missingFolder) {
  const data = { unqualifiedPath: fromPortable(unqualified) };
  if (missingFolder !== null) {
    const first = missingFolder.isUnplugged
      ? 'Required unplugged package missing from disk. This may happen when switching branches without running ' +
        'installs (unplugged packages must be fully materialized on disk to work).'
      : `The package folder ${fromPortable(missingFolder.path)} is missing from disk.`;
    return makeError(
      'QUALIFIED_PATH_RESOLUTION_FAILED',
      [
        first,
        '',
        `  wanted   ${fromPortable(unqualified)}`,
        `  missing  ${fromPortable(missingFolder.path)}`,
        '  help: `pkg install` brings it back',
      ],
      data,
    );
  }
  return makeError(
    'QUALIFIED_PATH_RESOLUTION_FAILED',
    [
      'Qualified path resolution failed: we looked for the following paths, but none could be accessed.',
      '',
      `  wanted  ${fromPortable(unqualified)}`,
      ...candidates.map((candidate) => `  absent  ${fromPortable(candidate)}`),
    ],
    data,
  );
}

/** A caller of the API left out what the call needs. */
function badCall(text, data) {
  return makeError('API_ERROR', text, data);
}

/** Node's own resolution was the one to ask, and it has no answer. */
function builtinFailed(request, issuer, reason, cause) {
  const error = makeError(
    'BUILTIN_NODE_RESOLUTION_FAILED',
    [
      `${request} was looked up by the rules of Node.js, because ${reason}, and nothing was found.`,
      '',
      `  wanted     ${request}`,
      `  wanted by  ${fromPortable(issuer)}`,
    ],
    { request, issuer: fromPortable(issuer) },
  );
  error.cause = cause;
  return error;
}

/** The package's `exports` or `imports` do not give this path away. */
function exportsFailed(text, data) {
  return makeError('EXPORTS_RESOLUTION_FAILED', text, data);
}

/** The map itself cannot be read: half written, merged by hand, or edited. */
function damagedMap(base, cause) {
  const error = makeError('INTERNAL', [
    `The map of ${fromPortable(base)} is damaged: ${cause.message}.`,
    '  help: `pkg install` writes it anew',
  ]);
  error.code = 'ERR_PKG_MAP_DAMAGED';
  error.cause = cause;
  return error;
}

module.exports = {
  badCall,
  builtinFailed,
  damagedMap,
  describe,
  exportsFailed,
  makeError,
  missingDependency,
  missingPeer,
  undeclared,
  unqualifiedNotFound,
};
