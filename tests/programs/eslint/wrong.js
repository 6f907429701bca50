// The linter must find what is wrong: a run that finds nothing proves nothing.
import assert from 'node:assert/strict'
import { ESLint } from 'eslint'

const eslint = new ESLint({ ignore: false })
const [result] = await eslint.lintFiles(['wrong/unused.ts'])
const rules = result.messages.map(message => message.ruleId).sort()
assert.deepEqual(rules, ['@typescript-eslint/no-explicit-any', '@typescript-eslint/no-unused-vars'])
console.log('eslint: what is wrong is found')
