import { describe, expect, it } from 'vitest'
import { isStrkey } from './strkey.ts'

const account = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'

describe('isStrkey', () => {
  it('takes accounts and contracts with a right checksum', () => {
    expect(isStrkey(account)).toBe(true)
    expect(isStrkey('CA3D5KRYM6CB7OWQ6TWYRR3Z4T7GNZLKERYNZGGA5SOAOPIFY6YQGAXE')).toBe(true)
  })

  it.each([
    account.toLowerCase(),
    account.slice(0, -1),
    `${account.slice(0, -1)}A`,
    account.replace('7', '6'),
    '',
    'G'.repeat(56),
  ])('refuses %s', (text) => expect(isStrkey(text)).toBe(false))
})
