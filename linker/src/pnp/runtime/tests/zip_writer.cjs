'use strict';
// Makes package archives in the two ways of packing that the runtime reads.

const zlib = require('node:zlib');

const [DATE, TIME] = [0x08d6, 0xae40];

function header(signature, { name, content, packed, method }, middle) {
  const isFolder = name.endsWith('/');
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(isFolder ? 20 : 10, 0);
  fields.writeUInt16LE(method, 4);
  fields.writeUInt16LE(TIME, 6);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(checksum(content), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  return Buffer.concat([Buffer.from(signature), middle, fields]);
}

function checksum(content) {
  let crc = -1;
  for (const byte of content) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** An archive of `{path: text}`; folders are added as Yarn does. `isDeflated`: packed, or stored as it is. */
function zipOf(files, { isDeflated = false, modes = {} } = {}) {
  const names = new Set();
  for (const path of Object.keys(files)) {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) names.add(path.slice(0, at + 1));
    names.add(path);
  }
  const [locals, centrals] = [[], []];
  let start = 0;
  for (const name of names) {
    const content = Buffer.from(files[name] ?? '');
    const isPacked = isDeflated && content.length > 0;
    const entry = { name, content, packed: isPacked ? zlib.deflateRawSync(content) : content, method: isPacked ? 8 : 0 };
    const local = Buffer.concat([header('PK\x03\x04', entry, Buffer.alloc(0)), Buffer.from(name), entry.packed]);
    // The size of a note, the disk, what kind of text; then mode and place.
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((modes[name] ?? (name.endsWith('/') ? 0o40755 : 0o100644)) << 16) >>> 0, 6);
    tail.writeUInt32LE(start, 10);
    locals.push(local);
    centrals.push(Buffer.concat([header('PK\x01\x02', entry, Buffer.from([0x3f, 0x03])), tail, Buffer.from(name)]));
    start += local.length;
  }
  const list = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(names.size, 8);
  end.writeUInt16LE(names.size, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(start, 16);
  return Buffer.concat([...locals, list, end]);
}

module.exports = { zipOf };
