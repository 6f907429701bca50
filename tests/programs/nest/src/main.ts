import 'reflect-metadata'
import { Controller, Get, Injectable, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

@Injectable()
class Greeter {
  greet (): string { return 'Hello World!' }
}

@Controller()
class HelloController {
  constructor (private readonly greeter: Greeter) {}

  @Get()
  hello (): string { return this.greeter.greet() }
}

@Module({ controllers: [HelloController], providers: [Greeter] })
class HelloModule {}

async function start (): Promise<void> {
  const app = await NestFactory.create(HelloModule, { logger: ['error'] })
  await app.listen(Number(process.env.PORT ?? 0), '127.0.0.1')
  console.log(`listening on ${app.getHttpServer().address().port}`)
}

void start()
