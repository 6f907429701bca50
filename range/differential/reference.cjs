'use strict'

// Answers questions with the reference implementation, one JSON array a line on standard input:
//   [range, other range, version, other version, release, identifier, base, loose, all]
// The first argument is the folder of the `semver` package. An exception is answered with "!".

const { once } = require('node:events')
const semver = require(process.argv[2])

const LIST = ['0.0.0', '0.1.0', '1.0.0-rc.1', '1.0.0', '1.2.3-alpha.1', '1.2.3', '1.3.0', '2.0.0', '3.0.0+b']

const attempt = (question) => {
  try {
    return question()
  } catch {
    return '!'
  }
}

const withBuild = (version) =>
  version && version.version + (version.build.length ? `+${version.build.join('.')}` : '')

const parts = (version) =>
  version && [version.major, version.minor, version.patch, version.prerelease, version.build]

const coercions = (text, options) =>
  [false, true].flatMap((rtl) =>
    [false, true].map((includePrerelease) =>
      attempt(() => withBuild(semver.coerce(text, { ...options, rtl, includePrerelease })))))

const answer = ([range, other, left, right, release, identifier, base, loose, includePrerelease]) => {
  const options = { loose, includePrerelease }
  const minVersion = () => {
    const version = semver.minVersion(range, options)
    return version && version.version
  }
  return {
    satisfies: attempt(() => semver.satisfies(left, range, options)),
    validRange: attempt(() => semver.validRange(range, options)),
    comparators: attempt(() => semver.toComparators(range, options)),
    version: parts(semver.parse(left, options)),
    valid: attempt(() => semver.valid(left, options)),
    clean: attempt(() => semver.clean(left, options)),
    intersects: attempt(() => semver.intersects(range, other, options)),
    subset: attempt(() => semver.subset(range, other, options)),
    minVersion: attempt(minVersion),
    above: attempt(() => semver.outside(left, range, '>', options)),
    below: attempt(() => semver.outside(left, range, '<', options)),
    compare: attempt(() => semver.compare(left, right, options)),
    compareBuild: attempt(() => semver.compareBuild(left, right, options)),
    diff: attempt(() => semver.diff(left, right)),
    increment: attempt(() => semver.inc(left, release, options, identifier ?? undefined, base ?? undefined)),
    truncate: attempt(() => semver.truncate(left, release, options)),
    coerce: coercions(left, { loose }),
    coerceRange: coercions(range, { loose }),
    comparator: attempt(() => new semver.Comparator(range, options).value),
    simplify: attempt(() => semver.simplifyRange([...LIST], range, options)),
    max: attempt(() => semver.maxSatisfying([left, right, ...LIST], range, options)),
    min: attempt(() => semver.minSatisfying([left, right, ...LIST], range, options)),
  }
}

const main = async () => {
  let rest = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    const answers = lines.map((line) => `${JSON.stringify(answer(JSON.parse(line)))}\n`)
    // Waits for the reader, so that answers do not pile up here.
    if (!process.stdout.write(answers.join(''))) await once(process.stdout, 'drain')
  }
}

main()
