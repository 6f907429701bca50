const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')

assert.match(readFileSync('out/index.html', 'utf8'), /First page/)
assert.match(readFileSync('out/second.html', 'utf8'), /Second page, pressed/)
console.log('next: both pages are built')
