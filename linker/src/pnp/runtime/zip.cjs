'use strict';
// Reads the archives that hold one package each: stored and deflated entries, no encryption, no zip64, one disk.
//
// The list of entries is read once; an entry's bytes are read when asked for and held against its checksum. A small
// archive stays in memory, so that a package of few files costs one read. Whatever does not add up is an error that
// names the archive: never a wrong byte, never a path that leaves it. `zlib` waits until an entry is read, because
// loading it takes as long as all the rest of a start.

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
/** An end record may be followed by a comment of at most this length. */
const COMMENT_LIMIT = 0xffff;
/** Archives up to this size are kept in memory whole. */
const KEPT_WHOLE = 1 << 16;
const [STORED, DEFLATED] = [0, 8];
const [ENCRYPTED, FOLDER_ATTRIBUTE] = [1, 0x10];

/** The archive is cut, damaged, or of a kind that no package archive is. */
function damaged(archive, problem) {
  const error = new Error(
    `the package archive ${archive} is damaged: ${problem}\n  help: run \`pkg verify --fix\`, which makes it anew from the store`,
  );
  error.code = 'ERR_PKG_ARCHIVE_DAMAGED';
  error.path = archive;
  return error;
}

/** Milliseconds since 1970 of a DOS date and time, read as UTC. */
function timeOf(date, time) {
  const [year, month, day] = [(date >> 9) + 1980, (date >> 5) & 15, date & 31];
  return Date.UTC(year, Math.max(month, 1) - 1, Math.max(day, 1), time >> 11, (time >> 5) & 63, (time & 31) * 2);
}

/** One archive. Entries: `{name, isFolder, mode, size, modified, index, children}` by path inside, folders without slash. */
class Archive {
  #fs;
  #whole = null;

  constructor(fs, path) {
    this.#fs = fs;
    this.path = path;
    this.entries = new Map();
    this.#folder('', 0);
    const descriptor = fs.openSync(path, 'r');
    try {
      this.stat = fs.fstatSync(descriptor);
      this.#readList(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  #readList(descriptor) {
    const size = this.stat.size;
    const tailSize = Math.min(size, Math.max(KEPT_WHOLE, END_SIZE + COMMENT_LIMIT));
    const tail = this.#read(descriptor, size - tailSize, tailSize);
    const end = this.#findEnd(tail);
    const [count, listSize, listStart] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
    if (count === 0xffff || listStart === 0xffffffff) throw damaged(this.path, 'it is of the zip64 kind, which no package needs');
    if (listStart + listSize > size - tailSize + end) throw damaged(this.path, 'its list of files lies outside of it');
    if (tailSize === size && size <= KEPT_WHOLE) this.#whole = tail;
    const at = listStart - (size - tailSize);
    const list = at >= 0 ? tail.subarray(at, at + listSize) : this.#read(descriptor, listStart, listSize);
    this.#parseList(list, count);
  }

  #findEnd(tail) {
    for (let at = tail.length - END_SIZE; at >= 0; at--) {
      if (tail.readUInt32LE(at) === END && at + END_SIZE + tail.readUInt16LE(at + 20) === tail.length) return at;
    }
    throw damaged(this.path, 'its end is missing, so it was cut short or is no zip archive');
  }

  #parseList(list, count) {
    let at = 0;
    for (let index = 1; index <= count; index++) {
      if (at + 46 > list.length || list.readUInt32LE(at) !== CENTRAL) throw damaged(this.path, 'its list of files is broken');
      const [nameSize, extraSize, noteSize] = [28, 30, 32].map((offset) => list.readUInt16LE(at + offset));
      const next = at + 46 + nameSize + extraSize + noteSize;
      if (next > list.length) throw damaged(this.path, 'its list of files is cut short');
      this.#addEntry(list.subarray(at, next), list.toString('utf8', at + 46, at + 46 + nameSize), index);
      at = next;
    }
  }

  #addEntry(record, name, index) {
    const isFolder = name.endsWith('/');
    const path = isFolder ? name.slice(0, -1) : name;
    const segments = path.split('/');
    if (segments.some((segment) => segment === '' || segment === '.' || segment === '..') || /[\\\0]/.test(path)) {
      throw damaged(this.path, `it has an entry with the unusable name ${JSON.stringify(name)}`);
    }
    const mode = record.readUInt32LE(38) >>> 16;
    const modified = timeOf(record.readUInt16LE(14), record.readUInt16LE(12));
    if (isFolder || (record.readUInt32LE(38) & FOLDER_ATTRIBUTE) !== 0) {
      this.#folder(path, index, modified);
      return;
    }
    if (this.entries.has(path)) throw damaged(this.path, `it holds ${JSON.stringify(name)} twice`);
    this.entries.set(path, {
      isFolder,
      index,
      modified,
      mode: (mode & 0o777) || 0o644,
      method: record.readUInt16LE(10),
      flags: record.readUInt16LE(8),
      checksum: record.readUInt32LE(16),
      packedSize: record.readUInt32LE(20),
      size: record.readUInt32LE(24),
      start: record.readUInt32LE(42),
    });
    this.#parentOf(path, modified).children.push(segments.at(-1));
  }

  #parentOf(path, modified) {
    return this.#folder(path.slice(0, Math.max(path.lastIndexOf('/'), 0)), 0, modified);
  }

  /** The folder's entry; folders that the archive only implies are made with their parents. */
  #folder(path, index, modified = 0) {
    const known = this.entries.get(path);
    if (known !== undefined && !known.isFolder) throw damaged(this.path, `${JSON.stringify(path)} is a file and a folder`);
    if (known !== undefined) return known;
    const entry = { isFolder: true, index: index || -this.entries.size, modified, mode: 0o755, size: 0, children: [] };
    this.entries.set(path, entry);
    if (path !== '') this.#parentOf(path, modified).children.push(path.slice(path.lastIndexOf('/') + 1));
    return entry;
  }

  #read(descriptor, position, length) {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const count = this.#fs.readSync(descriptor, buffer, filled, length - filled, position + filled);
      if (count === 0) throw damaged(this.path, 'it ends before its entries do');
      filled += count;
    }
    return buffer;
  }

  /** An entry's bytes, in a buffer of the caller's own. */
  bytes(inside) {
    const entry = this.entries.get(inside);
    if (entry.method !== STORED && entry.method !== DEFLATED) throw damaged(this.path, `${inside} is packed in an unknown way`);
    if ((entry.flags & ENCRYPTED) !== 0) throw damaged(this.path, `${inside} is encrypted`);
    const packed = this.#packed(entry, inside);
    const content = entry.method === STORED ? Buffer.from(packed) : this.#inflate(packed, entry, inside);
    if (content.length !== entry.size) throw damaged(this.path, `${inside} does not have the size that its list says`);
    const zlib = require('zlib');
    if (zlib.crc32 !== undefined && zlib.crc32(content) !== entry.checksum) {
      throw damaged(this.path, `${inside} does not have the checksum that its list says`);
    }
    return content;
  }

  #inflate(packed, entry, inside) {
    try {
      return require('zlib').inflateRawSync(packed, { maxOutputLength: Math.max(entry.size, 1) });
    } catch (cause) {
      throw Object.assign(damaged(this.path, `${inside} cannot be unpacked`), { cause });
    }
  }

  #packed(entry, inside) {
    const descriptor = this.#whole === null ? this.#fs.openSync(this.path, 'r') : null;
    const read = (position, length) => {
      if (position + length > this.stat.size) throw damaged(this.path, `${inside} lies beyond its end`);
      return descriptor === null ? this.#whole.subarray(position, position + length) : this.#read(descriptor, position, length);
    };
    try {
      const header = read(entry.start, 30);
      if (header.readUInt32LE(0) !== LOCAL) throw damaged(this.path, `${inside} does not stand where its list says`);
      return read(entry.start + 30 + header.readUInt16LE(26) + header.readUInt16LE(28), entry.packedSize);
    } finally {
      if (descriptor !== null) this.#fs.closeSync(descriptor);
    }
  }
}

module.exports = { Archive };
