const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')

assert.equal(execFileSync(process.execPath, ['dist/main.js'], { encoding: 'utf8' }), '<p class="big"><b>1</b><b>2</b></p>\n')
console.log('esbuild: the bundle runs')
