const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { readFileSync } = require('node:fs')

assert.equal(execFileSync(process.execPath, ['dist/main.js'], { encoding: 'utf8' }), '[["a","b"],["c"]]\n')
assert.match(readFileSync('dist/main.css', 'utf8'), /margin/)
console.log('webpack: the bundle runs')
