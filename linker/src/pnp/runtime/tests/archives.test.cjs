'use strict';
// `fs` over archives and virtual paths: each function in its synchronous, callback and promise form.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');
const { after, test } = require('node:test');
const { promisify } = require('node:util');
const { pathToFileURL } = require('node:url');

const { Files } = require('../files.cjs');
const { patchFs } = require('../patch_fs.cjs');
const { temporaryFolder, write } = require('./project.cjs');
const { zipOf } = require('./zip_writer.cjs');

const root = temporaryFolder({ after });
const CONTENT = {
  'node_modules/one/package.json': '{"name":"one"}',
  'node_modules/one/bin.js': '#!/usr/bin/env node\n',
  'node_modules/one/lib/deep/long.txt': 'line of text\n'.repeat(2000),
  'node_modules/one/lib/empty.txt': '',
};
write(root, {
  'stored.zip': zipOf(CONTENT, { modes: { 'node_modules/one/bin.js': 0o100755 } }),
  'deflated.zip': zipOf(CONTENT, { isDeflated: true }),
  'folder.zip/file.txt': 'a folder may be called so',
  'real/one/text.txt': 'behind a virtual path',
  'text.txt': 'plain',
});
fs.symlinkSync('real', path.join(root, 'link'));
const plain = { readFileSync: fs.readFileSync };
patchFs(fs, new Files(fs));

const at = (...names) => path.join(root, ...names);
const one = (...names) => at('stored.zip/node_modules/one', ...names);

/** Calls one function in all its forms, which must agree; answers what they give. */
async function inAllForms(name, ...args) {
  const outcomes = [
    await outcome(async () => fs[`${name}Sync`](...args)),
    await outcome(() => promisify(fs[name])(...args)),
    await outcome(() => fs.promises[name](...args)),
  ];
  assert.deepEqual(outcomes[1], outcomes[0], `${name} with a callback`);
  assert.deepEqual(outcomes[2], outcomes[0], `${name} with a promise`);
  if (outcomes[0].failure !== undefined) throw Object.assign(new Error(outcomes[0].failure.message), outcomes[0].failure);
  return outcomes[0].value;
}

async function outcome(call) {
  try {
    return { value: await call() };
  } catch ({ code, message, syscall, errno }) {
    return { failure: { code, message, syscall, errno } };
  }
}

test('readFile gives bytes or text, from stored and deflated entries', async () => {
  for (const archive of ['stored.zip', 'deflated.zip']) {
    for (const [file, text] of Object.entries(CONTENT)) {
      assert.equal(await inAllForms('readFile', at(archive, file), 'utf8'), text);
      assert.deepEqual(await inAllForms('readFile', at(archive, file)), Buffer.from(text));
    }
  }
  assert.equal(await inAllForms('readFile', pathToFileURL(one('package.json')), { encoding: 'utf8' }), '{"name":"one"}');
  assert.equal(await inAllForms('readFile', Buffer.from(one('package.json')), 'latin1'), '{"name":"one"}');
  assert.equal(await inAllForms('readFile', one('lib/../package.json'), 'utf8'), '{"name":"one"}');
});

test('a caller may change the bytes that it read', () => {
  fs.readFileSync(one('package.json')).fill(0);
  assert.equal(fs.readFileSync(one('package.json'), 'utf8'), '{"name":"one"}');
});

test('stat tells files from folders, with size, mode, time and a number of its own', async () => {
  const file = await inAllForms('stat', one('bin.js'));
  assert.deepEqual([file.isFile(), file.isDirectory(), file.isSymbolicLink(), file.size], [true, false, false, 20]);
  assert.equal(file.mode, 0o100755);
  assert.equal(file.mtime.toISOString(), '1984-06-22T21:50:00.000Z');
  assert.equal(file.mtimeMs, file.mtime.getTime());
  const folder = await inAllForms('lstat', one('lib'));
  assert.deepEqual([folder.isDirectory(), folder.isFile(), folder.mode], [true, false, 0o40755]);
  const numbers = ['', 'bin.js', 'lib', 'lib/deep', 'package.json'].map((name) => fs.statSync(one(name)).ino);
  assert.equal(new Set([...numbers, fs.statSync(at('deflated.zip/node_modules/one')).ino]).size, 6);
  const big = await inAllForms('stat', one('bin.js'), { bigint: true });
  assert.deepEqual([big.size, big.isFile(), big.mtimeNs / 1000000n], [20n, true, BigInt(file.mtimeMs)]);
});

test('the archive by its own name is the file that it is', async () => {
  assert.ok((await inAllForms('stat', at('stored.zip'))).isFile());
  assert.ok((await inAllForms('stat', at('stored.zip/'))).isDirectory());
  assert.equal(await inAllForms('readFile', at('folder.zip/file.txt'), 'utf8'), 'a folder may be called so');
});

test('what is not there is ENOENT, what is no folder ENOTDIR', async () => {
  for (const [name, syscall] of [['readFile', 'open'], ['stat', 'stat'], ['lstat', 'lstat'], ['access', 'access'], ['open', 'open'], ['readdir', 'scandir']]) {
    const expected = { code: 'ENOENT', syscall, message: `ENOENT: no such file or directory, ${syscall} '${one('none')}'` };
    await assert.rejects(inAllForms(name, one('none')), expected, name);
  }
  await assert.rejects(inAllForms('stat', one('bin.js/x')), { code: 'ENOTDIR' });
  await assert.rejects(inAllForms('readdir', one('bin.js')), { code: 'ENOTDIR', syscall: 'scandir' });
  await assert.rejects(inAllForms('readFile', one('lib')), { code: 'EISDIR' });
  await assert.rejects(inAllForms('readlink', one('bin.js')), { code: 'EINVAL' });
  await assert.rejects(inAllForms('stat', at('absent.zip/x')), { code: 'ENOENT' });
  assert.equal(fs.statSync(one('none'), { throwIfNoEntry: false }), undefined);
});

test('exists and access answer for entries', async () => {
  assert.deepEqual(['bin.js', 'lib', 'none'].map((name) => fs.existsSync(one(name))), [true, true, false]);
  assert.equal(await promisify(fs.exists)(one('bin.js')), true);
  assert.equal(await promisify(fs.exists)(one('none')), false);
  assert.equal(await new Promise((resolve) => fs.exists(one('lib'), resolve)), true);
  await inAllForms('access', one('bin.js'), fs.constants.X_OK);
  await assert.rejects(inAllForms('access', one('package.json'), fs.constants.X_OK), { code: 'EACCES' });
  await assert.rejects(inAllForms('access', one('bin.js'), fs.constants.W_OK), { code: 'EROFS' });
});

test('readdir lists names, entries and whole trees', async () => {
  assert.deepEqual(await inAllForms('readdir', one()), ['bin.js', 'lib', 'package.json']);
  assert.deepEqual(await inAllForms('readdir', at('stored.zip/')), ['node_modules']);
  const entries = await inAllForms('readdir', one(), { withFileTypes: true });
  assert.deepEqual(entries.map((entry) => [entry.name, entry.isFile(), entry.parentPath ?? entry.path]), [
    ['bin.js', true, one()],
    ['lib', false, one()],
    ['package.json', true, one()],
  ]);
  const all = ['bin.js', 'lib', 'lib/deep', 'lib/deep/long.txt', 'lib/empty.txt', 'package.json'];
  assert.deepEqual((await inAllForms('readdir', one(), { recursive: true })).sort(), all);
  const deep = await inAllForms('readdir', one(), { recursive: true, withFileTypes: true });
  assert.deepEqual(deep.map((entry) => path.relative(one(), path.join(entry.parentPath ?? entry.path, entry.name))).sort(), all);
  assert.deepEqual(await inAllForms('readdir', one('lib'), 'buffer'), [Buffer.from('deep'), Buffer.from('empty.txt')]);
});

test('opendir walks a folder', async () => {
  const names = [];
  for await (const entry of await fs.promises.opendir(one())) names.push(entry.name);
  assert.deepEqual(names, ['bin.js', 'lib', 'package.json']);
  const folder = fs.opendirSync(one('lib'));
  assert.deepEqual([folder.readSync().name, (await folder.read()).name, folder.readSync()], ['deep', 'empty.txt', null]);
  await folder.close();
  await assert.rejects(folder.read(), { code: 'ERR_DIR_CLOSED' });
});

test('realpath follows links before an archive and keeps what is virtual', async () => {
  fs.symlinkSync(at('stored.zip'), at('other.zip'));
  assert.equal(await inAllForms('realpath', at('other.zip/node_modules/one/lib')), one('lib'));
  assert.equal(fs.realpathSync.native(one('lib')), one('lib'));
  assert.equal(await promisify(fs.realpath.native)(one('lib')), one('lib'));
  await assert.rejects(inAllForms('realpath', one('none')), { code: 'ENOENT' });
  const virtual = at('__virtual__/a-virtual-ab12/0/real/one/text.txt');
  assert.equal(await inAllForms('realpath', virtual), virtual);
  assert.equal(await inAllForms('realpath', at('__virtual__/a-virtual-ab12/0/link/one/text.txt')), virtual);
});

test('virtual paths are the files that they stand for, for writing too', async () => {
  const virtual = (...names) => at('deeper/__virtual__/a-virtual-ab12/1', ...names);
  assert.equal(await inAllForms('readFile', virtual('real/one/text.txt'), 'utf8'), 'behind a virtual path');
  assert.deepEqual(await inAllForms('readdir', virtual('real/one')), ['text.txt']);
  assert.equal(await inAllForms('readFile', virtual('stored.zip/node_modules/one/package.json'), 'utf8'), '{"name":"one"}');
  await fs.promises.writeFile(virtual('real/written.txt'), 'new');
  assert.equal(plain.readFileSync(at('real/written.txt'), 'utf8'), 'new');
  fs.renameSync(virtual('real/written.txt'), virtual('real/renamed.txt'));
  fs.copyFileSync(virtual('real/renamed.txt'), virtual('real/copied.txt'));
  fs.unlinkSync(virtual('real/renamed.txt'));
  assert.deepEqual(fs.readdirSync(at('real')), ['copied.txt', 'one']);
});

test('open, read, readv, fstat and close work on an entry', async () => {
  const descriptor = await new Promise((resolve, reject) => fs.open(one('package.json'), 'r', (error, it) => (error ? reject(error) : resolve(it))));
  const buffer = Buffer.alloc(4);
  assert.equal(fs.readSync(descriptor, buffer, 0, 4, 2), 4);
  assert.equal(buffer.toString(), 'name');
  assert.deepEqual([fs.readSync(descriptor, buffer), fs.readSync(descriptor, buffer, { position: null })], [4, 4]);
  assert.equal(buffer.toString(), 'me":');
  const { bytesRead } = await promisify(fs.read)(descriptor, buffer, 0, 4, 0);
  assert.deepEqual([bytesRead, buffer.toString()], [4, '{"na']);
  assert.equal(fs.readvSync(descriptor, [Buffer.alloc(3), Buffer.alloc(30)], 0), 14);
  assert.equal((await promisify(fs.fstat)(descriptor)).size, 14);
  assert.equal(fs.fstatSync(descriptor, { bigint: true }).size, 14n);
  assert.equal(fs.readFileSync(descriptor, 'utf8'), '"one"}');
  await promisify(fs.close)(descriptor);
  assert.throws(() => fs.readSync(descriptor, buffer), { code: 'EBADF' });
});

test('handles read, stream and close', async () => {
  const handle = await fs.promises.open(one('lib/deep/long.txt'));
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 5);
  assert.deepEqual([bytesRead, buffer.toString()], [4, 'of t']);
  assert.equal((await handle.stat()).size, 26000);
  assert.equal((await fs.promises.readFile(handle, 'utf8')).length, 26000);
  await handle.close();
  await assert.rejects(handle.read(Buffer.alloc(1)), { code: 'EBADF' });
  const lines = [];
  for await (const line of (await fs.promises.open(one('lib/deep/long.txt'))).readLines()) lines.push(line);
  assert.deepEqual([lines.length, lines[0]], [2000, 'line of text']);
});

test('streams read whole entries and parts', async () => {
  const collect = async (stream) => {
    let text = '';
    for await (const part of stream.setEncoding('utf8')) text += part;
    return text;
  };
  assert.equal(await collect(fs.createReadStream(one('lib/deep/long.txt'))), CONTENT['node_modules/one/lib/deep/long.txt']);
  assert.equal(await collect(fs.createReadStream(one('package.json'), { start: 2, end: 5 })), 'name');
  assert.equal(await collect(new fs.ReadStream(one('package.json'))), '{"name":"one"}');
  const [error] = await once(fs.createReadStream(one('none')), 'error');
  assert.equal(error.code, 'ENOENT');
});

test('copyFile and cp bring entries to the disk, with their modes', async () => {
  fs.copyFileSync(one('bin.js'), at('copy1'));
  await fs.promises.copyFile(one('bin.js'), at('copy2'));
  await promisify(fs.copyFile)(one('bin.js'), at('copy3'));
  for (const name of ['copy1', 'copy2', 'copy3']) {
    assert.equal(plain.readFileSync(at(name), 'utf8'), '#!/usr/bin/env node\n');
    assert.equal(fs.statSync(at(name)).mode & 0o111, 0o111);
  }
  assert.throws(() => fs.copyFileSync(one('bin.js'), at('copy1'), fs.constants.COPYFILE_EXCL), { code: 'EEXIST' });
  assert.throws(() => fs.copyFileSync(at('text.txt'), one('x')), { code: 'EROFS' });
  fs.cpSync(one(), at('tree1'), { recursive: true });
  await fs.promises.cp(one(), at('tree2'), { recursive: true, filter: async (from) => !from.endsWith('deep') });
  await promisify(fs.cp)(one('lib'), at('tree3'), { recursive: true });
  assert.deepEqual(fs.readdirSync(at('tree1'), { recursive: true }).sort(), fs.readdirSync(one(), { recursive: true }).sort());
  assert.deepEqual(fs.readdirSync(at('tree2'), { recursive: true }).sort(), ['bin.js', 'lib', 'lib/empty.txt', 'package.json']);
  assert.deepEqual(fs.readdirSync(at('tree3')), ['deep', 'empty.txt']);
  assert.throws(() => fs.cpSync(one(), at('tree4')), { code: 'ERR_FS_EISDIR' });
});

test('nothing in an archive can be changed', async () => {
  for (const [name, ...args] of [['writeFile', ''], ['appendFile', ''], ['mkdir'], ['rm'], ['rmdir'], ['unlink'], ['chmod', 0o644], ['utimes', 0, 0], ['truncate']]) {
    await assert.rejects(inAllForms(name, one('new'), ...args), { code: 'EROFS' }, name);
  }
  await assert.rejects(inAllForms('rename', one('bin.js'), at('x')), { code: 'EROFS' });
  await assert.rejects(inAllForms('rename', at('text.txt'), one('x')), { code: 'EROFS' });
  await assert.rejects(inAllForms('open', one('bin.js'), 'w'), { code: 'EROFS' });
  const [error] = await once(fs.createWriteStream(one('x')), 'error');
  assert.equal(error.code, 'EROFS');
});

test('watchers of entries keep silent and end', async () => {
  const watcher = fs.watch(one('bin.js'), () => assert.fail('nothing changes'));
  watcher.close();
  await once(watcher, 'close');
  fs.watchFile(one('bin.js'), () => assert.fail('nothing changes')).unref();
  fs.unwatchFile(one('bin.js'));
  const controller = new AbortController();
  const changes = fs.promises.watch(one('bin.js'), { signal: controller.signal });
  const next = changes.next();
  controller.abort();
  await assert.rejects(next, { name: 'AbortError' });
});

test('names imported from fs are the patched ones, and other paths go to the system', async () => {
  const { readFileSync } = await import('fs');
  const { readFile } = await import('fs/promises');
  assert.equal(readFileSync(one('package.json'), 'utf8'), '{"name":"one"}');
  assert.equal(await readFile(one('package.json'), 'utf8'), '{"name":"one"}');
  assert.equal(await inAllForms('readFile', at('text.txt'), 'utf8'), 'plain');
  assert.equal(fs.realpathSync(at('link')), at('real'));
  assert.equal(fs.readFileSync.name, 'readFileSync');
});

/** Breaks a copy of an archive and answers what reading it says. */
function messageOf(name, breakIt) {
  const bytes = plain.readFileSync(at('stored.zip'));
  fs.writeFileSync(at(name), breakIt(bytes));
  try {
    fs.readFileSync(at(name, 'node_modules/one/package.json'));
    return 'nothing';
  } catch (error) {
    assert.equal(error.code, 'ERR_PKG_ARCHIVE_DAMAGED');
    assert.ok(error.message.startsWith(`the package archive ${at(name)} is damaged: `), error.message);
    return error.message.split('damaged: ')[1].split('\n')[0];
  }
}

test('a broken archive is told by name, and how it is broken', async () => {
  const list = (bytes) => bytes.indexOf('PK\x01\x02', 0, 'latin1');
  const changed = (bytes, position, value) => {
    bytes[position] = value;
    return bytes;
  };
  assert.match(messageOf('cut.zip', (bytes) => bytes.subarray(0, bytes.length - 1)), /^its end is missing/);
  assert.match(messageOf('none.zip', () => Buffer.from('no archive')), /^its end is missing/);
  assert.match(messageOf('void.zip', () => Buffer.alloc(0)), /^its end is missing/);
  assert.match(messageOf('list.zip', (bytes) => changed(bytes, list(bytes), 0)), /^its list of files is broken/);
  assert.match(messageOf('up.zip', (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('node_modules/one/bin.js', 'node_modules/../bin.js'), 'latin1')), /unusable name "node_modules\/\.\.\/bin\.js"|its list/);
  assert.match(messageOf('head.zip', (bytes) => bytes.subarray(10)), /^its list of files lies outside of it|^its list of files is broken/);
  const wrong = (bytes) => changed(bytes, bytes.indexOf('{"name"'), 0x5b);
  if (require('node:zlib').crc32 !== undefined) assert.match(messageOf('byte.zip', wrong), /^node_modules\/one\/package\.json does not have the checksum/);
  await assert.rejects(inAllForms('stat', at('cut.zip/x')), { code: 'ERR_PKG_ARCHIVE_DAMAGED' });
  assert.equal(fs.existsSync(at('cut.zip/x')), false);
});
