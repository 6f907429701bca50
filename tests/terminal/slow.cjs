// A registry that takes its time, for recordings: the packages of a folder over HTTP, each answer after some milliseconds.
//
//   node slow.cjs FOLDER MILLISECONDS     prints its port

'use strict'
const { execFileSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const { existsSync, readdirSync, readFileSync } = require('node:fs')
const { createServer } = require('node:http')
const path = require('node:path')

const [folder, pause] = process.argv.slice(2)

/** The tarball of a version: its files below `package/`. */
function tarball(name, version) {
  const of = path.join(folder, name, version)
  return execFileSync('tar', ['--transform', 's,^\\./,package/,', '--sort=name', '--mtime=@0', '-C', of, '-czf', '-', '.'])
}

/** The packument of a package. */
function packument(name, address) {
  const versions = {}
  for (const version of readdirSync(path.join(folder, name))) {
    const manifest = path.join(folder, name, version, 'package.json')
    if (!existsSync(manifest)) continue
    const integrity = 'sha512-' + createHash('sha512').update(tarball(name, version)).digest('base64')
    const dist = { tarball: `${address}/${name}/-/${version}.tgz`, integrity }
    versions[version] = { ...JSON.parse(readFileSync(manifest, 'utf8')), dist }
  }
  const latest = Object.keys(versions).filter((version) => !version.includes('-')).sort().pop()
  const time = Object.fromEntries(Object.keys(versions).map((version) => [version, '2020-01-01T00:00:00.000Z']))
  return JSON.stringify({ name, 'dist-tags': { latest }, versions, time })
}

const server = createServer((request, response) => {
  const address = `http://127.0.0.1:${server.address().port}`
  const asked = decodeURIComponent(request.url).slice(1)
  const [name, file] = asked.split('/-/')
  const answer = () => {
    if (!existsSync(path.join(folder, name))) return response.writeHead(404).end('{}')
    response.end(file ? tarball(name, file.replace(/\.tgz$/, '')) : packument(name, address))
  }
  setTimeout(answer, Number(pause))
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
