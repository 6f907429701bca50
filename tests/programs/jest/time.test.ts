import { minutes } from './time'

jest.mock('ms', () => jest.fn(jest.requireActual('ms')))

test('hours are minutes', () => {
  expect(minutes('2h')).toBe(120)
  expect(require('ms')).toHaveBeenCalledWith('2h')
})

test('a snapshot', () => {
  expect({ minutes: minutes('1d') }).toMatchInlineSnapshot(`
{
  "minutes": 1440,
}
`)
})
