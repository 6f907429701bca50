// Lets pnpm and pkg install random graphs with random settings of hoisting, and compares what each hoists, and whereto.
//
//     node hoisting.mjs PNPM PKG SEED COUNT
//
// The packages stand in a registry on loopback for as long as this runs; all else is in a temporary folder. Prints each
// case that differs, and at the end how many there were; the exit code is 1 where any did.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

const NAMES = ['a', 'b-x', 'b', 'eslint-p', '@s/d', '@s/eslint', '@types/t', 'e_1', 'f.g', 'prettier', 'h2', 'types'];
const VERSIONS = ['1.0.0', '1.1.0', '2.0.0'];
const PATTERNS = ['*', 'a', 'b*', '*eslint*', '@s/*', '@types/*', '!a', '!b*', '!@s/*', '*-*', '@s/eslint', '!*', 'f.g', '**'];

/** A generator of numbers that begins anew for each graph. */
function numbers(start) {
  let state = (start * 2654435761 + 97) >>> 0 || 1;
  const next = () => {
    state = (state ^ (state << 13)) >>> 0;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state;
  };
  for (let i = 0; i < 8; i += 1) next();
  return below => next() % below;
}

/** A tar archive with one file. */
function tarball(text) {
  const body = Buffer.from(text);
  const header = Buffer.alloc(512);
  const fields = [[0, 'package/package.json'], [100, '0000644\0'], [108, '0000000\0'], [116, '0000000\0'],
    [124, body.length.toString(8).padStart(11, '0') + '\0'], [136, '00000000000\0'], [148, '        '], [156, '0'],
    [257, 'ustar\0' + '00']];
  for (const [at, field] of fields) header.write(field, at, 'latin1');
  const sum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(sum.toString(8).padStart(6, '0') + '\0 ', 148, 'latin1');
  const padding = Buffer.alloc((512 - (body.length % 512)) % 512 + 1024);
  return gzipSync(Buffer.concat([header, body, padding]));
}

/** All packages of one graph. Each graph has a scope of names by its prefix, so that no cache mixes them up. */
function universe(seed) {
  const random = numbers(seed);
  const names = NAMES.slice(0, 4 + random(NAMES.length - 3));
  /** Mostly of names that come later: where much goes round in circles, peers have instances without measure. */
  const later = from => {
    const first = random(12) === 0 ? 0 : names.indexOf(from) + 1;
    return names[first + random(names.length - first + 1)];
  };
  const dependencies = (from, most) => {
    const found = {};
    for (let left = random(most + 1); left > 0; left -= 1) {
      const name = later(from);
      if (name !== undefined && name !== from) found[random(9) === 0 ? `z-${name.split('/').pop()}` : name] = [name, VERSIONS[random(3)]];
    }
    return Object.fromEntries(Object.entries(found).map(([alias, [name, version]]) =>
      [alias, alias === name ? version : `npm:${name}@${version}`]));
  };
  const packages = new Map();
  for (const name of names) {
    packages.set(name, VERSIONS.map(version => {
      const manifest = { name, version, dependencies: dependencies(name, 3) };
      if (random(5) === 0) {
        const peer = later(name);
        if (peer !== undefined && peer !== name && !manifest.dependencies[peer]) manifest.peerDependencies = { [peer]: '*' };
      }
      if (random(4) === 0) manifest.bin = { [`cmd-${random(4)}`]: './package.json' };
      return manifest;
    }));
  }
  const root = { name: 'root', version: '1.0.0', dependencies: dependencies(null, 5) };
  const patterns = () => Array.from({ length: random(4) }, () => PATTERNS[random(PATTERNS.length)]);
  const settings = { hoistPattern: random(4) ? patterns() : undefined, publicHoistPattern: random(3) ? patterns() : undefined };
  if (random(6) === 0) settings.shamefullyHoist = random(2) === 0;
  if (random(8) === 0) settings.hoist = false;
  return { packages, root, settings };
}

function serve() {
  let current = new Map();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url.slice(1));
    const [name, file] = path.split('/-/');
    const manifests = current.get(name);
    if (!manifests) {
      response.writeHead(404).end('{}');
      return;
    }
    if (file) {
      const version = file.match(/(\d+\.\d+\.\d+)\.tgz$/)[1];
      response.end(tarball(JSON.stringify(manifests.find(manifest => manifest.version === version))));
      return;
    }
    const versions = Object.fromEntries(manifests.map(manifest => {
      const bytes = tarball(JSON.stringify(manifest));
      const address = `http://127.0.0.1:${server.address().port}/${name}/-/${name.split('/').pop()}-${manifest.version}.tgz`;
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      return [manifest.version, { ...manifest, dist: { tarball: address, integrity } }];
    }));
    const time = Object.fromEntries(VERSIONS.map(version => [version, '2020-01-01T00:00:00.000Z']));
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '2.0.0' }, versions, time }));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
  parentPort.on('message', seed => {
    current = universe(seed).packages;
    parentPort.postMessage('ready');
  });
}

/** An instance without its peers, which are not a question of hoisting. */
function instance(folder) {
  return folder.match(/^.*?@\d+\.\d+\.\d+/)?.[0] ?? folder;
}

/** The links of a folder by name: the instance that each leads to. */
function links(folder, virtual) {
  const found = {};
  const look = (below, prefix) => {
    let entries = [];
    try {
      entries = readdirSync(join(folder, below), { withFileTypes: true });
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && entry.name.startsWith('@') && !prefix) look(entry.name, `${entry.name}/`);
      if (!entry.isSymbolicLink()) continue;
      const target = resolve(folder, below, readlinkSync(join(folder, below, entry.name)));
      found[prefix + entry.name] = instance(target.slice(target.indexOf(virtual) + virtual.length).split('/')[1]);
    }
  };
  look('', '');
  return found;
}

function hoisted(folder, store) {
  const modules = join(folder, 'node_modules');
  const virtual = join(modules, store);
  return { public: links(modules, virtual), private: links(join(virtual, 'node_modules'), virtual) };
}

function npmrc(settings) {
  const lines = [];
  const names = { hoistPattern: 'hoist-pattern', publicHoistPattern: 'public-hoist-pattern' };
  for (const [key, name] of Object.entries(names)) {
    if (settings[key]?.length === 0) lines.push(`${name}=`);
    for (const pattern of settings[key] ?? []) lines.push(`${name}[]=${pattern}`);
  }
  if (settings.shamefullyHoist !== undefined) lines.push(`shamefully-hoist=${settings.shamefullyHoist}`);
  if (settings.hoist !== undefined) lines.push(`hoist=${settings.hoist}`);
  return lines.map(line => `${line}\n`).join('');
}

function install(program, folder, environment) {
  const ran = spawnSync(program, ['install', '--ignore-scripts'], { cwd: folder, env: environment, encoding: 'utf8' });
  if (ran.status !== 0) console.log(`${folder}: not installed: ${ran.stdout}${ran.stderr}`);
  return ran.status === 0;
}

async function main() {
  const [pnpm, pkg, first, count] = [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])];
  const server = new Worker(new URL(import.meta.url), { workerData: 'serve' });
  const answer = () => new Promise(done => { server.once('message', done); });
  const registry = `http://127.0.0.1:${await answer()}/`;
  const work = mkdtempSync(join(tmpdir(), 'pkg-hoisting-'));
  let [different, left] = [0, 0];
  for (let seed = first; seed < first + count; seed += 1) {
    const { root, settings } = universe(seed);
    server.postMessage(seed);
    await answer();
    const found = {};
    let isInstalled = true;
    for (const [name, program, store] of [['pnpm', pnpm, '.pnpm'], ['pkg', pkg, '.pkg']]) {
      const folder = join(work, `${seed}-${name}`, 'project');
      const home = join(work, `${seed}-${name}`, 'home');
      mkdirSync(folder, { recursive: true });
      mkdirSync(home);
      writeFileSync(join(folder, 'package.json'), JSON.stringify(root));
      const own = name === 'pnpm' ? '' : npmrc(settings);
      writeFileSync(join(folder, '.npmrc'), `registry=${registry}\n${own}`);
      // All JSON is YAML.
      const yaml = { ...settings, minimumReleaseAge: 0, storeDir: join(home, 'store'), cacheDir: join(home, 'cache') };
      if (name === 'pnpm') writeFileSync(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(yaml));
      const environment = { PATH: process.env.PATH, HOME: home, PKG_HOME: home };
      isInstalled = install(program, folder, environment) && isInstalled;
      found[name] = hoisted(folder, store);
    }
    left += isInstalled ? 0 : 1;
    const [theirs, ours] = [JSON.stringify(sorted(found.pnpm)), JSON.stringify(sorted(found.pkg))];
    if (isInstalled && theirs !== ours) {
      different += 1;
      console.log(`seed ${seed} ${JSON.stringify(settings)}\n  root ${JSON.stringify(root.dependencies)}`);
      tell('public', found);
      tell('private', found);
    }
    rmSync(join(work, `${seed}-pnpm`), { recursive: true });
    rmSync(join(work, `${seed}-pkg`), { recursive: true });
  }
  console.log(`${different} of ${count - left} differ; ${left} were not installed by one of the two`);
  rmSync(work, { recursive: true });
  await server.terminate();
  process.exitCode = different > 0 ? 1 : 0;
}

function sorted(found) {
  return [found.public, found.private].map(links => Object.entries(links).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function tell(kind, { pnpm, pkg }) {
  for (const alias of new Set([...Object.keys(pnpm[kind]), ...Object.keys(pkg[kind])])) {
    const [theirs, ours] = [pnpm[kind][alias], pkg[kind][alias]];
    if (theirs !== ours) console.log(`  ${kind} ${alias}: pnpm ${theirs ?? '-'}, pkg ${ours ?? '-'}`);
  }
}

if (isMainThread) await main();
else if (workerData === 'serve') serve();
