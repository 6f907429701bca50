'use strict';
// Open files of archives: numbers for `fs.open`, and handles for `fs.promises.open`.

const { systemError } = require('./layer.cjs');

/** Numbers from here on are ours: far above what a system gives, and still what `fs` takes for a descriptor. */
const FIRST = 0x40000000;

/** A read-only open file. */
class OpenFile {
  constructor(content, stat, path) {
    this.content = content;
    this.stat = stat;
    this.path = path;
    this.position = 0;
  }

  /** Copies bytes into `buffer`; a position of null, undefined or below zero reads on from where the last read ended. */
  read(buffer, offset, length, position) {
    const isFollowing = position === null || position === undefined || position < 0;
    const start = isFollowing ? this.position : Number(position);
    const count = Math.max(0, Math.min(length, this.content.length - start));
    const target = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.content.copy(target, offset, start, start + count);
    if (isFollowing) this.position += count;
    return count;
  }

  readAll(buffers, position) {
    let total = 0;
    for (const buffer of buffers) {
      const at = typeof position === 'number' ? position + total : null;
      const count = this.read(buffer, 0, buffer.byteLength, at);
      total += count;
      if (count < buffer.byteLength) break;
    }
    return total;
  }

  rest() {
    const rest = this.content.subarray(this.position);
    this.position = this.content.length;
    return Buffer.from(rest);
  }
}

class Descriptors {
  #open = new Map();
  #next = FIRST;

  owns(descriptor) {
    return typeof descriptor === 'number' && descriptor >= FIRST && this.#open.has(descriptor);
  }

  add(file) {
    const descriptor = this.#next++;
    this.#open.set(descriptor, file);
    return descriptor;
  }

  get(descriptor, syscall) {
    const file = this.#open.get(descriptor);
    if (file === undefined) throw systemError('EBADF', syscall, String(descriptor));
    return file;
  }

  close(descriptor) {
    this.#open.delete(descriptor);
  }
}

/** The four ways to say what a read shall fill, as `[buffer, offset, length, position]`. */
function readArguments(args) {
  const [first, second, ...others] = args;
  if (first === undefined || first === null) return [Buffer.alloc(16384), 0, 16384, null];
  if (!ArrayBuffer.isView(first)) {
    const { buffer = Buffer.alloc(16384), offset = 0, length = buffer.byteLength - offset, position = null } = first;
    return [buffer, offset, length, position];
  }
  if (second !== null && typeof second === 'object') {
    const { offset = 0, length = first.byteLength - offset, position = null } = second;
    return [first, offset, length, position];
  }
  const offset = second ?? 0;
  const [length = first.byteLength - offset, position = null] = others;
  return [first, offset, length ?? first.byteLength - offset, position];
}

/** What `fs.promises.open` gives for an entry of an archive. */
class EntryHandle {
  #fs;
  #descriptors;
  #isOpen = true;

  constructor(fs, descriptors, descriptor) {
    this.#fs = fs;
    this.#descriptors = descriptors;
    this.fd = descriptor;
  }

  get #file() {
    return this.#descriptors.get(this.fd, 'read');
  }

  async read(...args) {
    const [buffer, offset, length, position] = readArguments(args);
    return { bytesRead: this.#file.read(buffer, offset, length, position), buffer };
  }

  async readv(buffers, position) {
    return { bytesRead: this.#file.readAll(buffers, position), buffers };
  }

  async readFile(options) {
    const encoding = typeof options === 'string' ? options : options?.encoding;
    const content = this.#file.rest();
    return encoding === undefined || encoding === null || encoding === 'buffer' ? content : content.toString(encoding);
  }

  async stat(options) {
    return this.#file.stat(options);
  }

  createReadStream(options) {
    const stream = this.#fs.createReadStream(this.#file.path, options);
    stream.once('close', () => this.close());
    return stream;
  }

  readLines(options) {
    return require('readline').createInterface({ input: this.createReadStream(options), crlfDelay: Infinity });
  }

  async sync() {}

  async datasync() {}

  async close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#descriptors.close(this.fd);
    this.fd = -1;
  }

  async [Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')]() {
    await this.close();
  }
}

for (const name of ['appendFile', 'chmod', 'chown', 'truncate', 'utimes', 'write', 'writeFile', 'writev']) {
  EntryHandle.prototype[name] = async function refuse() {
    throw systemError('EROFS', name, String(this.fd));
  };
}

module.exports = { Descriptors, EntryHandle, OpenFile, readArguments };
