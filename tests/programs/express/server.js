// Accounts with registration, login by JSON web token, and a route that only those who logged in may use.
const crypto = require('node:crypto')
const express = require('express')
const jwt = require('jsonwebtoken')

const secret = crypto.randomBytes(32)
const accounts = new Map()
const hash = (password, salt) => crypto.scryptSync(password, salt, 32)

const app = express()
app.use(express.json())

app.post('/register', (request, response) => {
  const { name, password } = request.body ?? {}
  if (!name || !password) return response.status(400).json({ error: 'name and password are needed' })
  if (accounts.has(name)) return response.status(409).json({ error: 'the name is taken' })
  const salt = crypto.randomBytes(16)
  accounts.set(name, { salt, key: hash(password, salt) })
  response.status(201).json({ name })
})

app.post('/login', (request, response) => {
  const { name, password } = request.body ?? {}
  const account = accounts.get(name)
  const isRight = account && crypto.timingSafeEqual(hash(password ?? '', account.salt), account.key)
  if (!isRight) return response.status(401).json({ error: 'wrong name or password' })
  response.json({ token: jwt.sign({ name }, secret, { expiresIn: '5m' }) })
})

const authenticated = (request, response, next) => {
  try {
    const [, token] = (request.headers.authorization ?? '').split(' ')
    request.user = jwt.verify(token, secret)
    next()
  } catch {
    response.status(401).json({ error: 'log in first' })
  }
}

app.get('/me', authenticated, (request, response) => response.json({ name: request.user.name }))

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
