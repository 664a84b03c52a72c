import { expect, it } from 'vitest'
import { processorMs } from '../../testing/processor-time.ts'
import { isEmailAddress } from './email-address.ts'

it.each([
  'a@b',
  'a@localhost',
  'first.last+tag@mail.example.org',
  '"quoted local"@example.org',
  '"a\\"b@c"@example.org',
  'user@[127.0.0.1]',
  'user@[IPv6:::1]',
  'Ops Team <ops@example.org>',
  '"Ops, Team" <ops@example.org>',
  'пользователь@пример.рф',
  `${'a'.repeat(64)}@b`,
  `a@${'b'.repeat(63)}`,
  "!#$%&'*+-/=?^_`{|}~@b",
])('accepts %s', (address) => {
  expect(isEmailAddress(address)).toBe(true)
})

it.each([
  '',
  'a',
  '@b',
  'a@',
  'a b@c',
  '.a@b',
  'a.@b',
  'a..b@c',
  'a@b@c',
  'a@-b',
  'a@b-',
  'a@b..c',
  'a@.b',
  'a@b_c',
  'a@b\r\nBcc: c@d',
  '"a@b',
  'a@[1',
  'Ops <ops@example.org',
  'Ops ops@example.org>',
  'Ops\r\n <ops@example.org>',
  `${'a'.repeat(65)}@b`,
  `a@${'b'.repeat(64)}`,
  `a@${'b.'.repeat(127)}cc`,
])('refuses %j', (address) => {
  expect(isEmailAddress(address)).toBe(false)
})

it('judges long texts quickly', () => {
  const startedAt = processorMs()
  for (const text of [`${'a.'.repeat(500_000)}@b`, `"${'\\'.repeat(1_000_001)}@b`, `a@${'b-'.repeat(500_000)}`]) {
    expect(isEmailAddress(text)).toBe(false)
  }
  expect(isEmailAddress(`${'<'.repeat(1_000_000)}a@b>`)).toBe(true)
  expect(processorMs() - startedAt).toBeLessThan(500)
})
