'use strict'

// Does one piece of the benchmark's work some number of times and prints the nanoseconds.

const { execFileSync } = require('node:child_process')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

const folder = process.env.PKG_RANGE_REFERENCE ||
  join(execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim(), 'npm/node_modules/semver')
const semver = require(folder)

const lines = (name) => readFileSync(join(__dirname, 'data', name), 'utf8').trim().split('\n')
const texts = lines('ranges.txt')
const publishedTexts = lines('published.txt')
const ranges = texts.map((text) => new semver.Range(text))
const versions = lines('versions.txt').map((text) => new semver.SemVer(text))
const published = publishedTexts.map((text) => new semver.SemVer(text))
const wanted = lines('wanted.txt').map((text) => new semver.Range(text))

// The reference remembers the last 1,000 ranges. A build that never comes twice makes each parse a
// real one: it is cut off only after the set's text was looked up... so vary white space instead.
let salt = 0
const work = [
  () => texts.map((text) => new semver.Range(`${text} <${++salt}.999999.0`)).length,
  () => publishedTexts.map((text) => new semver.SemVer(text)).length,
  () => ranges.reduce((count, range) => count + versions.filter((version) => range.test(version)).length, 0),
  () => wanted.map((range) => semver.maxSatisfying(published, range)).length,
][process.argv[2]]

for (let round = 0; round < 5; round++) work()
const start = process.hrtime.bigint()
for (let round = 0; round < Number(process.argv[3]); round++) work()
console.log(String(process.hrtime.bigint() - start))
