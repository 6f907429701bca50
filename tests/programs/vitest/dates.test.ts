// @vitest-environment jsdom
import { addDays, format } from 'date-fns'
import { expect, test, vi } from 'vitest'

test('a day later', () => {
  expect(format(addDays(new Date(2026, 1, 28), 1), 'yyyy-MM-dd')).toBe('2026-03-01')
})

test('a page', () => {
  document.body.innerHTML = '<button>yes</button>'
  const clicked = vi.fn()
  document.querySelector('button')!.addEventListener('click', clicked)
  document.querySelector('button')!.click()
  expect(clicked).toHaveBeenCalledOnce()
})
