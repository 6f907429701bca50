import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'

const names = readdirSync('dist/assets')
const script = names.find(name => name.endsWith('.js'))
const text = readFileSync(`dist/assets/${script}`, 'utf8')
assert.ok(text.includes('pressed ') && text.length > 100_000)
assert.ok(names.some(name => name.endsWith('.css')))
console.log('vite: the page is built')
