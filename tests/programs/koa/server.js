// Three middlewares: one measures, one catches errors, one answers.
const Koa = require('koa')

const app = new Koa()
app.use(async (context, next) => {
  const start = process.hrtime.bigint()
  await next()
  context.set('x-nanoseconds', String(process.hrtime.bigint() - start))
})
app.use(async (context, next) => {
  try {
    await next()
  } catch (error) {
    context.status = 500
    context.body = { error: error.message }
  }
})
app.use(context => {
  if (context.path === '/fail') throw new Error('as asked')
  context.body = { path: context.path }
})

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
