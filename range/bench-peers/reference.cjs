'use strict'

// Does one piece of the benchmark's work some number of times and prints the nanoseconds.

const { execFileSync } = require('node:child_process')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

const folder = process.env.PKG_RANGE_REFERENCE ||
  join(execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim(), 'npm/node_modules/semver')
// The reference remembers the last 1,000 sets that it read. Parsing is measured without.
const Cache = require(join(folder, 'internal/lrucache'))
if (process.argv[2] === '0') Cache.prototype.get = () => undefined
const semver = require(folder)

const lines = (name) => readFileSync(join(__dirname, 'data', name), 'utf8').trim().split('\n')
const texts = lines('ranges.txt')
const publishedTexts = lines('published.txt')
const ranges = texts.map((text) => new semver.Range(text))
const versions = lines('versions.txt').map((text) => new semver.SemVer(text))
const published = publishedTexts.map((text) => new semver.SemVer(text))
const wanted = lines('wanted.txt').map((text) => new semver.Range(text))

const work = [
  () => texts.map((text) => new semver.Range(text)).length,
  () => publishedTexts.map((text) => new semver.SemVer(text)).length,
  () => ranges.reduce((count, range) => count + versions.filter((version) => range.test(version)).length, 0),
  () => wanted.map((range) => semver.maxSatisfying(published, range)).length,
][process.argv[2]]

for (let round = 0; round < 5; round++) work()
const start = process.hrtime.bigint()
for (let round = 0; round < Number(process.argv[3]); round++) work()
console.log(String(process.hrtime.bigint() - start))
