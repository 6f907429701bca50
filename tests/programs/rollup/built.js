import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

assert.equal(execFileSync(process.execPath, ['dist/main.mjs'], { encoding: 'utf8' }), 'twoWords 60000\n')
assert.ok(!readFileSync('dist/main.mjs', 'utf8').includes('from"ms"'))
console.log('rollup: the bundle runs')
