// Holds the answers of bundlers that read a map themselves against those of our runtime: for every package of a project
// in the layout `pnp`, all that it may see, and a name that nobody has.
//
//     node maps.mjs PROJECT TOOLS
//
// TOOLS is a folder with `esbuild`, `enhanced-resolve` (webpack's resolver) and `oxc-resolver` (the crate of that name)
// in its `node_modules`; those that are missing are left out. Prints what differs and how many questions were asked; the
// exit code is 1 where an answer differs.

import fs, { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const project = realpathSync(process.argv[2]);
const tools = createRequire(join(resolve(process.argv[3]), 'package.json'));
const pnp = createRequire(import.meta.url)(join(project, '.pnp.cjs'));
const CONDITIONS = ['node', 'require', 'default'];
const EXTENSIONS = ['.js', '.json', '.node'];
const NOBODY = 'a-name-that-nobody-has';
const NOT_FOUND = 'not found';

/** A path without what only instances have in theirs. */
function plain(path) {
  return path === null || path === undefined ? NOT_FOUND : realpathSync(pnp.resolveVirtual(path) ?? path);
}

/** What our runtime says to each question of a package. */
function ours({ packageLocation, packageDependencies }) {
  const answers = new Map();
  for (const name of [...packageDependencies.keys(), NOBODY]) {
    let answer = NOT_FOUND;
    try {
      const conditions = new Set(CONDITIONS);
      answer = plain(pnp.resolveRequest(name, packageLocation, { considerBuiltins: false, conditions, extensions: EXTENSIONS }));
    } catch (error) {
      if (error.pnpCode === undefined) throw error;
    }
    answers.set(name, answer);
  }
  return answers;
}

function load(name) {
  try {
    return tools(name);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    console.log(`${name} is not installed: left out`);
    return undefined;
  }
}

/** esbuild is asked once a package: nothing is loaded but a file that requires all names. */
async function esbuild(packages) {
  const tool = load('esbuild');
  if (!tool) return undefined;
  const empty = { name: 'empty', setup: build => build.onLoad({ filter: /.*/ }, () => ({ contents: '', loader: 'js' })) };
  return async (location, names) => {
    const answers = new Map(names.map(name => [name, NOT_FOUND]));
    const contents = names.map(name => `try { require(${JSON.stringify(name)}) } catch {}`).join('\n');
    const result = await tool.build({
      stdin: { contents, resolveDir: location, sourcefile: 'questions.js' }, bundle: true, write: false, metafile: true,
      platform: 'neutral', mainFields: ['main'], conditions: ['node', 'require'], resolveExtensions: EXTENSIONS,
      absWorkingDir: project, logLevel: 'silent', plugins: [empty],
    });
    const [[, { imports }]] = Object.entries(result.metafile.inputs).filter(([path]) => path.endsWith('questions.js'));
    for (const { original, path, external } of imports) {
      if (!external) answers.set(original, plain(resolve(project, path)));
    }
    return answers;
  };
}

/** webpack's resolver asks our runtime where packages are, and finds the file itself. */
function webpack() {
  const tool = load('enhanced-resolve');
  if (!tool) return undefined;
  const fileSystem = new tool.CachedInputFileSystem(fs, 4000);
  const options = { fileSystem, pnpApi: pnp, conditionNames: CONDITIONS, extensions: EXTENSIONS, useSyncFileSystemCalls: true };
  const resolver = tool.ResolverFactory.createResolver(options);
  return single((location, name) => resolver.resolveSync({}, location, name) || null);
}

/** The crate is told by its environment that there is a map, and looks for it from the current folder. */
function oxc() {
  process.env.OXC_RESOLVER_YARN_PNP = '1';
  process.chdir(project);
  const tool = load('oxc-resolver');
  if (!tool) return undefined;
  const resolver = new tool.ResolverFactory({ conditionNames: CONDITIONS, extensions: EXTENSIONS });
  return single((location, name) => resolver.sync(location, name).path ?? null);
}

/** A resolver that is asked one name at a time. */
function single(ask) {
  return (location, names) => new Map(names.map(name => {
    try {
      return [name, plain(ask(location.replace(/\/$/, ''), name))];
    } catch {
      return [name, NOT_FOUND];
    }
  }));
}

const packages = [pnp.topLevel, ...pnp.getAllLocators()]
  .map(locator => pnp.getPackageInformation(locator))
  .filter(found => !found.discardFromLookup && fs.existsSync(pnp.resolveVirtual(found.packageLocation) ?? found.packageLocation));
let isDifferent = false;
for (const [name, ask] of [['esbuild', await esbuild()], ['webpack', webpack()], ['oxc', oxc()]]) {
  if (!ask) continue;
  let [questions, found, differences] = [0, 0, 0];
  for (const information of packages) {
    const wanted = ours(information);
    const answers = await ask(information.packageLocation, [...wanted.keys()]);
    for (const [request, answer] of wanted) {
      questions += 1;
      found += answer === NOT_FOUND ? 0 : 1;
      if (answers.get(request) === answer) continue;
      differences += 1;
      console.log(`${name}: ${information.packageLocation} ${request}\n  ours    ${answer}\n  theirs  ${answers.get(request)}`);
    }
  }
  console.log(`${name}: ${questions} questions, ${found} found, ${differences} different answers`);
  isDifferent ||= differences > 0;
}
process.exitCode = isDifferent ? 1 : 0;
