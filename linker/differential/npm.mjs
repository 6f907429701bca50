// Lets npm plan random graphs: one line of JSON a graph, with the lockfile that npm would write.
//
//     node npm.mjs SEED COUNT KIND
//
// The npm is the one on the machine, or the one in the folder that NPM_FOLDER names.
//
// KIND: `exact` (every dependency asks for one version) or `ranges`, then any of `-peers`, `-workspace` and, for the
// layout of npm 2, `-nested`. The packages stand in a registry on loopback for as long as this runs. Nothing is installed.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [seed, count, kind] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const isLoose = kind.startsWith('ranges');
const hasPeers = kind.includes('-peers');
const arePinned = kind.includes('-pinned');
const hasWorkspace = kind.includes('-workspace');
const npm = process.env.NPM_FOLDER ?? join(execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim(), 'npm');
const require = createRequire(join(realpathSync(npm), 'package.json'));
const Arborist = require('@npmcli/arborist');

/** A generator of numbers that begins anew for each graph. */
function numbers(start) {
  let state = (start * 2654435761 + 12345) >>> 0;
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

const VERSIONS = ['1.0.0', '1.1.0', '2.0.0', '3.0.0'];
const OTHER = 'other-platform';
const NAMES = ['a', 'b-x', 'b', 'bx', 'c', '@s/d', 'E', 'e_1', 'f.g', 'f', 'h2', 'h10', 'i', 'j', 'k', 'l'];

/** What a dependency asks for: one version, or a range that has it. */
function specifier(random, version) {
  if (!isLoose || random(3) === 0) return version;
  return [`^${version}`, `>=${version}`, '*', `${version} || 1`][random(4)];
}

/** Mostly of names that come later: where much goes round in circles, npm's trees grow without measure. */
function dependencies(random, names, most, from = -1) {
  const found = {};
  for (let left = random(most + 1); left > 0; left -= 1) {
    const first = random(12) === 0 ? 0 : from + 1;
    const index = first + random(names.length);
    if (index < names.length && index !== from) {
      found[names[index]] = specifier(random, VERSIONS[random(3)]);
    }
  }
  return found;
}

/** All packages of a registry, by name. */
function universe(random) {
  const names = NAMES.slice(0, 4 + random(NAMES.length - 4));
  const packages = new Map();
  for (const [index, name] of names.entries()) {
    const versions = {};
    for (const version of VERSIONS) {
      const manifest = { name, version, dependencies: dependencies(random, names, 5, index) };
      if (random(6) === 0) manifest.optionalDependencies = { [OTHER]: version };
      if (hasPeers && random(3) === 0) addPeers(random, names, manifest);
      manifest.dist = distribution(name, version);
      versions[version] = manifest;
    }
    packages.set(name, { name, 'dist-tags': { latest: VERSIONS[3 - random(2)] }, versions });
  }
  // Optional, for no platform, and with dependencies of its own: it has a place in the plan all the same.
  const versions = {};
  for (const version of VERSIONS) {
    const dependencies = { [names[random(names.length)]]: VERSIONS[random(3)] };
    const manifest = { name: OTHER, version, os: ['no-such-system'], dependencies };
    versions[version] = { ...manifest, dist: distribution(OTHER, version) };
  }
  packages.set(OTHER, { name: OTHER, 'dist-tags': { latest: '3.0.0' }, versions });
  return packages;
}

function distribution(name, version) {
  const digest = Buffer.from(`${name}@${version}`.padEnd(64, '.')).toString('base64');
  return { tarball: `http://${host}/${name}/-/${version}.tgz`, integrity: `sha512-${digest}` };
}

function addPeers(random, names, manifest) {
  manifest.peerDependencies = {};
  for (let left = 1 + random(2); left > 0; left -= 1) {
    const peer = names[random(names.length)];
    if (peer === manifest.name || peer in manifest.dependencies) continue;
    const range = random(5);
    manifest.peerDependencies[peer] = arePinned ? VERSIONS[range % 3] : ['*', '>=1', '^1', '^2', '1 || 2'][range];
    if (random(4) === 0) manifest.peerDependenciesMeta = { [peer]: { optional: true } };
  }
}

function project(random, names, folder) {
  const write = (path, manifest) => {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, 'package.json'), JSON.stringify(manifest));
  };
  const manifest = { name: 'root', version: '1.0.0', dependencies: dependencies(random, names, 5) };
  manifest.devDependencies = dependencies(random, names, 2);
  if (hasWorkspace) {
    manifest.workspaces = ['packages/*'];
    for (const name of ['w-a', 'w-b', 'w']) {
      const own = { name, version: '1.0.0', dependencies: dependencies(random, names, 4) };
      if (random(2) === 0) own.dependencies['w-a'] = '1.0.0';
      if (name === 'w-a') delete own.dependencies['w-a'];
      write(`packages/${name}`, own);
    }
  }
  write('.', manifest);
}

let served = new Map();
const server = createServer((request, response) => {
  const packument = served.get(decodeURIComponent(request.url.slice(1)));
  response.writeHead(packument ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(packument ?? {}));
});
await new Promise(done => server.listen(0, '127.0.0.1', done));
const host = `127.0.0.1:${server.address().port}`;

for (let graph = seed; graph < seed + count; graph += 1) {
  const random = numbers(graph);
  served = universe(random);
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'pkg-differential-'));
  try {
    project(random, [...served.keys()].slice(0, -1), folder);
    const arborist = new Arborist({
      path: folder,
      registry: `http://${host}/`,
      cache: join(folder, '.cache'),
      installStrategy: kind.endsWith('-nested') ? 'nested' : 'hoisted',
      audit: false,
    });
    const tree = await arborist.buildIdealTree();
    const { packages } = tree.meta.commit();
    const inert = [...tree.inventory.values()].filter(node => node.inert).map(node => node.location);
    console.log(JSON.stringify({ graph, packages, inert }));
  } catch (error) {
    console.log(JSON.stringify({ graph, error: error.code ?? String(error) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
server.close();
server.closeAllConnections();
