'use strict';
// What the folders of `folders.cjs` answer by themselves: their names, and that what they hold is a link.

const paths = require('./paths.cjs');

const [TYPE_BITS, LINK_TYPE] = [0o170000, 0o120000];

class FolderAnswers {
  #fs;
  #layer;
  #disk;

  /** `fs` as it is before it is patched. */
  constructor(fs, layer) {
    this.#fs = fs;
    this.#layer = layer;
    this.#disk = { lstatSync: fs.lstatSync, readdirSync: fs.readdirSync };
  }

  /** The names of a folder, or `Dirent`s: what is declared, and what the disk has there besides. */
  list(place, shown, options) {
    const { withFileTypes = false, encoding } = typeof options === 'string' ? { encoding: options } : (options ?? {});
    const real = paths.fromPortable(place.real);
    const ofDisk = place.isThere ? this.#disk.readdirSync(real, { withFileTypes: true }) : [];
    const { Dirent, constants } = this.#fs;
    const found = new Map(ofDisk.map((entry) => [entry.name, entry]));
    for (const name of place.names) {
      if (found.has(name)) continue;
      const isScope = name.startsWith('@');
      found.set(name, new Dirent(name, isScope ? constants.UV_DIRENT_DIR : constants.UV_DIRENT_LINK, shown));
    }
    const entries = [...found.keys()].sort().map((name) => found.get(name));
    if (withFileTypes) return entries;
    return entries.map(({ name }) => (encoding === 'buffer' ? Buffer.from(name) : name));
  }

  /** The times and owner of the target, as a link. */
  linkStat(place, shown, options) {
    const stats = place.archive === null ? this.#disk.lstatSync(paths.fromPortable(place.real), options) : this.#layer.stat(place, shown, options, 'lstat');
    if (stats === undefined) return undefined;
    const number = typeof stats.mode === 'bigint' ? BigInt : Number;
    stats.mode = number((Number(stats.mode) & ~TYPE_BITS) | LINK_TYPE);
    return stats;
  }
}

module.exports = { FolderAnswers };
