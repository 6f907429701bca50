// Holds `pkg dedupe` against `pnpm dedupe` on random lockfiles with avoidable duplicates.
//
//     node dedupe.mjs SEED COUNT [PKG] [PNPM] [KIND]
//
// Both begin from the same graph, in which every range took any version that it allows, and ask the same registry, which
// stands on loopback for as long as this runs. Packages are metadata only: nothing is downloaded. KIND `closed` has every
// published version in the lockfile; `open` (the default) has newer ones in the registry, too. One line of JSON a graph
// that differs, then the counts.
//
// Both let each range take the highest version that is there already. pnpm prefers, below a package, the versions that
// the package's other dependencies have, even to a newer one that is there: so it may end with fewer versions, and with an
// older one for a range. Ours never goes to an older one for that: the graphs that differ should all be of this kind, which
// `ranges for which theirs is newer: 0` shows.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const [seed, count] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 20)];
const pkg = process.argv[4] ?? 'pkg';
const pnpm = process.argv[5] ?? 'pnpm';
const isOpen = (process.argv[6] ?? 'open') === 'open';
const run = promisify(execFile);

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '2.0.0', '2.1.0'];
const RANGES = ['^1.0.0', '^1.1.0', '~1.1.0', '>=1.0.0', '1.0.0', '1.1.0', '1.x', '2', '^2.0.0', '*', '>=1.1.0 <2.1.0'];

/** A generator of numbers that begins anew for each graph. */
function numbers(start) {
  let state = (start * 2654435761 + 97) >>> 0;
  const next = () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  for (let i = 0; i < 8; i += 1) next();
  return below => next() % below;
}

const parts = version => version.split('.').map(Number);
const compare = (a, b) => parts(a).reduce((found, part, at) => found || part - parts(b)[at], 0);
const least = (version, other) => compare(version, other) >= 0;

/** Whether one of RANGES allows a version. */
function allows(range, version) {
  if (range === '*') return true;
  if (range.startsWith('^')) return least(version, range.slice(1)) && version[0] === range[1];
  if (range.startsWith('~')) return version.startsWith(range.slice(1, 4));
  if (range === '>=1.1.0 <2.1.0') return least(version, '1.1.0') && !least(version, '2.1.0');
  if (range.startsWith('>=')) return least(version, range.slice(2));
  if (range.length === 5) return version === range;
  return version[0] === range[0];
}

const integrity = id => `sha512-${createHash('sha512').update(id).digest('base64')}`;

/** Packages, of which each depends on later ones only. */
function registry(random) {
  const published = {};
  NAMES.forEach((name, index) => {
    published[name] = {};
    for (const version of VERSIONS) {
      const dependencies = {};
      for (const other of NAMES.slice(index + 1)) {
        if (random(4) === 0) dependencies[other] = RANGES[random(RANGES.length)];
      }
      published[name][version] = dependencies;
    }
  });
  return published;
}

/** A graph in which each range took any version that it allows; `newest` bounds what was published then. */
function graph(random, published, direct, newest) {
  const chosen = { '.': {} };
  const pick = (name, range) => {
    const fitting = VERSIONS.filter(version => allows(range, version));
    const known = fitting.filter(version => !least(version, newest) || version === fitting[0]);
    return known[random(known.length)];
  };
  const open = [];
  const visit = (from, name, range) => {
    const version = pick(name, range);
    chosen[from][name] = version;
    const id = `${name}@${version}`;
    if (!chosen[id]) {
      chosen[id] = {};
      open.push([id, published[name][version]]);
    }
  };
  for (const [name, range] of Object.entries(direct)) visit('.', name, range);
  while (open.length > 0) {
    const [id, dependencies] = open.pop();
    for (const [name, range] of Object.entries(dependencies)) visit(id, name, range);
  }
  return chosen;
}

const sorted = object => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));

function pnpmLockfile(direct, chosen) {
  const lines = ["lockfileVersion: '9.0'", '', 'settings:', '  autoInstallPeers: true', '  excludeLinksFromLockfile: false', '',
    'importers:', '', '  .:', '    dependencies:'];
  for (const [name, version] of sorted(chosen['.'])) {
    lines.push(`      ${name}:`, `        specifier: '${direct[name]}'`, `        version: ${version}`);
  }
  const ids = sorted(chosen).filter(([id]) => id !== '.');
  lines.push('', 'packages:', '');
  for (const [id] of ids) lines.push(`  ${id}:`, `    resolution: {integrity: ${integrity(id)}}`, '');
  lines.push('snapshots:', '');
  for (const [id, dependencies] of ids) {
    const edges = sorted(dependencies);
    if (edges.length === 0) lines.push(`  ${id}: {}`, '');
    else lines.push(`  ${id}:`, '    dependencies:', ...edges.map(([name, version]) => `      ${name}: ${version}`), '');
  }
  return lines.join('\n');
}

function pkgLockfile(direct, chosen) {
  const dependencies = Object.fromEntries(sorted(chosen['.']).map(([name, version]) => [name, [direct[name], version]]));
  const ids = sorted(chosen).filter(([id]) => id !== '.');
  const packages = Object.fromEntries(ids.map(([id]) => [id, { integrity: integrity(id) }]));
  const snapshots = Object.fromEntries(ids.map(([id, edges]) => {
    const own = Object.fromEntries(sorted(edges));
    return [id, Object.keys(own).length === 0 ? {} : { dependencies: own }];
  }));
  return JSON.stringify({ lockfileVersion: 1, importers: { '.': { dependencies } }, packages, snapshots });
}

/** What a lockfile of pnpm says, in the form of `graph`. */
function readPnpm(text) {
  const chosen = { '.': {} };
  let [section, id, alias] = ['', '', ''];
  for (const line of text.split('\n')) {
    const indent = line.search(/\S/);
    const [key, value] = line.trim().split(/:\s*/);
    if (indent === 0) section = key;
    else if (section === 'importers' && indent === 6) alias = key;
    else if (section === 'importers' && indent === 8 && key === 'version') chosen['.'][alias] = value;
    else if (section === 'snapshots' && indent === 2) chosen[id = key] = {};
    else if (section === 'snapshots' && indent === 6) chosen[id][key] = value;
  }
  return chosen;
}

/** What a lockfile of ours says, in the form of `graph`. */
function readPkg(text) {
  const lockfile = JSON.parse(text);
  const chosen = { '.': {} };
  for (const [name, [, version]] of Object.entries(lockfile.importers['.'].dependencies)) chosen['.'][name] = version;
  for (const [id, snapshot] of Object.entries(lockfile.snapshots)) chosen[id] = snapshot.dependencies ?? {};
  return chosen;
}

const ids = chosen => Object.keys(chosen).filter(id => id !== '.').sort();
const text = chosen => JSON.stringify(sorted(chosen).map(([id, edges]) => [id, sorted(edges)]));

let published = {};
const server = createServer((request, response) => {
  const name = decodeURIComponent(request.url.slice(1));
  if (!published[name]) return response.writeHead(404).end('{}');
  const versions = {};
  const time = { modified: '2020-01-01T00:00:00.000Z' };
  for (const [version, dependencies] of Object.entries(published[name])) {
    const id = `${name}@${version}`;
    const dist = { tarball: `http://127.0.0.1:${server.address().port}/${name}/-/${name}-${version}.tgz`, integrity: integrity(id) };
    versions[version] = { name, version, dependencies, dist };
    time[version] = '2020-01-01T00:00:00.000Z';
  }
  const tags = { latest: VERSIONS.at(-1) };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ name, 'dist-tags': tags, versions, time, modified: time.modified }));
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}/`;
const base = mkdtempSync(join(tmpdir(), 'dedupe-'));

async function dedupe(tool, folder) {
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  // Nobody else is ever asked: pnpm does not read the variable, and whatever is no loopback goes to a port that is closed.
  const closed = 'http://127.0.0.1:9';
  const env = { PATH: process.env.PATH, HOME: home, npm_config_registry: address, HTTPS_PROXY: closed, https_proxy: closed, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
  writeFileSync(join(home, '.npmrc'), `registry=${address}\n`);
  writeFileSync(join(folder, '.npmrc'), `registry=${address}\n`);
  try {
    await run(tool, ['dedupe', '--lockfile-only', '--ignore-scripts', '--registry', address], { cwd: folder, env });
    return null;
  } catch (error) {
    return `${error.stdout}${error.stderr}`.slice(0, 400);
  }
}

const counts = { graphs: 0, equal: 0, 'equal packages, other edges': 0, 'ours has fewer': 0, 'theirs has fewer': 0, 'as many, others': 0, failed: 0, 'ours has new versions': 0, 'theirs has new versions': 0, 'ranges for which ours is newer': 0, 'ranges for which theirs is newer': 0 };
for (let index = 0; index < count; index += 1) {
  const random = numbers(seed * 1000 + index);
  published = registry(random);
  const direct = {};
  for (const name of NAMES) if (random(3) === 0) direct[name] = RANGES[random(RANGES.length)];
  if (Object.keys(direct).length === 0) direct.a = '*';
  const start = graph(random, published, direct, isOpen ? ['1.2.0', '2.1.0'][random(2)] : '9.0.0');
  if (!isOpen) {
    // What nobody has in the lockfile was never published; what depends on it has taken something else.
    for (const name of NAMES) {
      for (const version of VERSIONS) if (!start[`${name}@${version}`]) delete published[name][version];
    }
  }
  const manifest = JSON.stringify({ name: 'app', version: '1.0.0', dependencies: direct });
  const after = {};
  for (const [tool, program, file, content] of [['ours', pkg, 'pkg.lock', pkgLockfile(direct, start)], ['theirs', pnpm, 'pnpm-lock.yaml', pnpmLockfile(direct, start)]]) {
    const folder = join(base, `${index}-${tool}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), manifest);
    writeFileSync(join(folder, 'pnpm-workspace.yaml'), 'minimumReleaseAge: 0\n');
    writeFileSync(join(folder, file), content);
    const failure = await dedupe(program, folder);
    const lockfile = readFileSync(join(folder, file), 'utf8');
    after[tool] = { failure, chosen: tool === 'ours' ? readPkg(lockfile) : readPnpm(lockfile) };
  }
  counts.graphs += 1;
  const [ours, theirs] = [after.ours.chosen, after.theirs.chosen];
  const before = new Set(ids(start));
  if (ids(ours).some(id => !before.has(id))) counts['ours has new versions'] += 1;
  if (ids(theirs).some(id => !before.has(id))) counts['theirs has new versions'] += 1;
  let verdict;
  if (after.ours.failure || after.theirs.failure) verdict = 'failed';
  else if (text(ours) === text(theirs)) verdict = 'equal';
  else if (String(ids(ours)) === String(ids(theirs))) verdict = 'equal packages, other edges';
  else if (ids(ours).length < ids(theirs).length) verdict = 'ours has fewer';
  else if (ids(ours).length > ids(theirs).length) verdict = 'theirs has fewer';
  else verdict = 'as many, others';
  counts[verdict] += 1;
  const both = Object.keys(ours).filter(id => theirs[id]);
  const edges = both.flatMap(id => Object.keys(ours[id]).map(name => compare(ours[id][name], theirs[id][name])));
  counts['ranges for which ours is newer'] += edges.filter(difference => difference > 0).length;
  counts['ranges for which theirs is newer'] += edges.filter(difference => difference < 0).length;
  if (verdict !== 'equal') {
    const failures = [after.ours.failure, after.theirs.failure];
    console.log(JSON.stringify({ index, verdict, direct, start: ids(start).join(' '), ours: ids(ours).join(' '), theirs: ids(theirs).join(' '), ...(verdict === 'failed' && { failures }) }));
  }
}
console.log(JSON.stringify(counts));
server.close();
rmSync(base, { recursive: true, force: true });
