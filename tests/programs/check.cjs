// Starts the program of the current folder and asks it real questions; exits 1 where an answer is wrong.
const assert = require('node:assert/strict')
const path = require('node:path')
const { spawn } = require('node:child_process')

const program = path.basename(process.cwd())
const child = spawn(process.execPath, [program === 'nest' ? 'dist/main.js' : 'server.js'], { stdio: ['ignore', 'pipe', 'inherit'] })
const timer = setTimeout(() => { child.kill('SIGKILL'); console.error('no answer in 60 s'); process.exit(1) }, 60_000)

const started = new Promise((resolve, reject) => {
  let text = ''
  child.stdout.on('data', data => {
    text += data
    const found = /listening on (\d+)/.exec(text)
    if (found) resolve(`http://127.0.0.1:${found[1]}`)
  })
  child.on('exit', code => reject(new Error(`the program ended with ${code}`)))
})

const json = (method, body, headers = {}) => ({ method, body: body && JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })

const checks = {
  async express (base) {
    const account = { name: 'ada', password: 'correct horse' }
    assert.equal((await fetch(`${base}/me`)).status, 401)
    assert.equal((await fetch(`${base}/register`, json('POST', account))).status, 201)
    assert.equal((await fetch(`${base}/register`, json('POST', account))).status, 409)
    assert.equal((await fetch(`${base}/login`, json('POST', { ...account, password: 'wrong' }))).status, 401)
    const { token } = await (await fetch(`${base}/login`, json('POST', account))).json()
    const me = await fetch(`${base}/me`, { headers: { authorization: `Bearer ${token}` } })
    assert.deepEqual(await me.json(), { name: 'ada' })
    assert.equal((await fetch(`${base}/me`, { headers: { authorization: `Bearer ${token}x` } })).status, 401)
  },
  async koa (base) {
    const answer = await fetch(`${base}/hello`)
    assert.deepEqual(await answer.json(), { path: '/hello' })
    assert.ok(Number(answer.headers.get('x-nanoseconds')) > 0)
    const failed = await fetch(`${base}/fail`)
    assert.equal(failed.status, 500)
    assert.deepEqual(await failed.json(), { error: 'as asked' })
  },
  async nest (base) {
    const answer = await fetch(base)
    assert.equal(await answer.text(), 'Hello World!')
  }
}

started.then(checks[program]).then(() => console.log(`${program}: every answer is right`), error => {
  console.error(error)
  process.exitCode = 1
}).finally(() => { clearTimeout(timer); child.removeAllListeners('exit'); child.kill() })
