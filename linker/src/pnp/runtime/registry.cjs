'use strict';
// The packages of a map, parsed as late as can be: a program touches few of them, and a map of a thousand packages takes
// longer to parse than Node.js takes to start.
//
// Our own maps have a line for each package. Those lines are only cut here, by name, reference and location; the JSON
// of one is parsed when somebody asks for the package. Any other map is JSON like all JSON.

const BEGINNING = '\n"packageRegistryData":[\n';
const ENDING = ']}';
const LOCATION = ',{"packageLocation":"';
const DISCARDED = ',"discardFromLookup":true}';

/** One package of the registry. */
class Entry {
  #text;
  #raw;

  constructor(reference, location, isDiscarded, text, raw) {
    this.reference = reference;
    this.location = location;
    this.isDiscarded = isDiscarded;
    this.#text = text;
    this.#raw = raw;
    this.information = null;
  }

  /** What the map says of it. */
  get raw() {
    this.#raw ??= JSON.parse(this.#text);
    return this.#raw;
  }
}

/** A string or null of JSON that has no escapes; undefined for anything else. */
function plainValue(text) {
  if (text === 'null') return null;
  const isPlain = text.length >= 2 && text.startsWith('"') && text.indexOf('"', 1) === text.length - 1 && !text.includes('\\');
  return isPlain ? text.slice(1, -1) : undefined;
}

/** The package on the line from `at` to `end`, whose location begins at `mark`; null where the line has another form. */
function cutPackage(text, at, mark, end) {
  const reference = plainValue(text.slice(at + 1, mark));
  const start = mark + LOCATION.length;
  const location = text.slice(start, text.indexOf('"', start));
  const close = text.lastIndexOf('}', end);
  const isWhole = close > start && /^\]{1,3},?$/.test(text.slice(close + 1, end));
  if (reference === undefined || location.includes('\\') || !isWhole) return null;
  const isDiscarded = text.startsWith(DISCARDED, close + 1 - DISCARDED.length);
  return new Entry(reference, location, isDiscarded, text.slice(mark + 1, close + 1), null);
}

/** Cuts the lines of a map: `{data, packages}`, or null where it is not in the form that we print. */
function cutLines(text) {
  const start = text.indexOf(BEGINNING);
  if (start === -1 || !text.endsWith(ENDING)) return null;
  const stop = text.length - ENDING.length;
  const packages = [];
  let entries = null;
  let mark = text.indexOf(LOCATION, start);
  for (let at = start + BEGINNING.length; at < stop; ) {
    const found = text.indexOf('\n', at);
    const end = found === -1 || found > stop ? stop : found;
    if (mark === -1 || mark > end) {
      const name = plainValue(text.slice(at + 1, end - 2));
      if (name === undefined || !text.startsWith(',[', end - 2)) return null;
      entries = [];
      packages.push([name, entries]);
    } else {
      const entry = entries === null ? null : cutPackage(text, at, mark, end);
      if (entry === null) return null;
      entries.push(entry);
      mark = text.indexOf(LOCATION, end);
    }
    at = end + 1;
  }
  return { data: JSON.parse(text.slice(0, start) + BEGINNING + ENDING), packages };
}

/** The same for a map that is parsed already. */
function ofData(data) {
  const packages = data.packageRegistryData.map(([name, references]) => [
    name,
    references.map(([reference, raw]) => new Entry(reference, raw.packageLocation, raw.discardFromLookup ?? false, '', raw)),
  ]);
  return { data, packages };
}

/** `{data, packages}`: what is said of the whole map, and `[name, entries]` of all packages. Takes JSON or its text. */
function parseRegistry(map) {
  if (typeof map !== 'string') return ofData(map);
  const text = map.trimEnd();
  return cutLines(text) ?? ofData(JSON.parse(text));
}

module.exports = { parseRegistry };
