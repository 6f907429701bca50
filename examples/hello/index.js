// A small web program: anyone is greeted, and who has a token is told who they are. It asks itself three questions
// and ends; with `--serve` it goes on.
'use strict'

const crypto = require('node:crypto')
const createApp = require('tiny-http-app')
const greet = require('greet')
const token = require('tiny-token')

const secret = crypto.randomBytes(32)
const app = createApp()

app.get('/hello/:name', context => ({ greeting: greet(context.parameters.name) }))
app.post('/login', async context => ({ token: token.sign({ name: (await context.body()).name }, secret) }))
app.get('/me', context => {
  const [, given] = (context.request.headers.authorization ?? '').split(' ')
  const claims = token.verify(given, secret)
  if (!claims) throw Object.assign(new Error('log in first'), { status: 401 })
  return claims
})

async function ask (base) {
  const show = async (what, answer) => console.log(`${what}: ${answer.status} ${await answer.text()}`)
  await show('GET /hello/world', await fetch(`${base}/hello/world`))
  const login = await fetch(`${base}/login`, { method: 'POST', body: JSON.stringify({ name: 'ada' }) })
  const given = await login.json()
  await show('GET /me', await fetch(`${base}/me`))
  await show('GET /me, with a token', await fetch(`${base}/me`, { headers: { authorization: `Bearer ${given.token}` } }))
}

const server = app.listen(Number(process.env.PORT ?? 0), async () => {
  const base = `http://127.0.0.1:${server.address().port}`
  console.log(`listening at ${base}`)
  if (process.argv.includes('--serve')) return
  await ask(base)
  server.closeAllConnections()
  server.close()
})
