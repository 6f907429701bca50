import { readFile } from 'node:fs/promises'
import { Hono } from 'hono'
import { z } from 'zod'

const Settings = z.object({ port: z.number().int().positive(), name: z.string() })
type Settings = z.infer<typeof Settings>

export async function load (path: string): Promise<Settings> {
  return Settings.parse(JSON.parse(await readFile(path, 'utf8')))
}

export const program = new Hono().get('/', context => context.text('hello'))

// @ts-expect-error: a port is a number
const wrong: Settings = { port: '80', name: 'x' }
void wrong
