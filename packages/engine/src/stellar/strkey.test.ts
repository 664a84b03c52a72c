import { describe, expect, it } from 'vitest'
import { baseAccountOf, contractAddressOf, contractIdHexOf, decodeStrkey, encodeStrkey, isStrkey } from './strkey.ts'

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

describe('decodeStrkey and encodeStrkey', () => {
  it.each([
    ['account', account, 32],
    ['contract', 'CA3D5KRYM6CB7OWQ6TWYRR3Z4T7GNZLKERYNZGGA5SOAOPIFY6YQGAXE', 32],
    ['muxed_account', 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK', 40],
    ['claimable_balance', 'BAAD6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RGR4TU', 33],
    ['liquidity_pool', 'LA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUPJN', 32],
  ])('reads and writes a %s (examples of SEP-23)', (kind, text, length) => {
    const strkey = decodeStrkey(text)
    expect(strkey).toMatchObject({ kind })
    expect(strkey?.bytes).toHaveLength(length)
    expect(strkey && encodeStrkey(strkey)).toBe(text)
  })

  it.each([
    ['bits left over', 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLL'],
    ['a kind that is not known', 'XBU2RRGLXH3E5CQHTD3ODLDF2BWDCYUSSBLLZ5GNW7JXHDIYKXZWGTOG'],
    ['lower case', account.toLowerCase()],
    ['the version of another kind', `C${account.slice(1)}`],
    ['one character less', account.slice(1)],
  ])('refuses %s', (_what, text) => expect(decodeStrkey(text)).toBeUndefined())

  it('writes only what has the length of the kind', () => {
    expect(() => encodeStrkey({ kind: 'account', bytes: new Uint8Array(31) })).toThrow(RangeError)
  })

  it('takes the account out of a muxed one and leaves the rest alone', () => {
    expect(baseAccountOf('MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK')).toBe(
      'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ',
    )
    expect(baseAccountOf(account)).toBe(account)
    expect(baseAccountOf('Mine')).toBe('Mine')
  })

  it('writes the id of a contract as an address and back', () => {
    const address = 'CAIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRDB3V'
    expect(contractAddressOf('11'.repeat(32))).toBe(address)
    expect(contractIdHexOf(address)).toBe('11'.repeat(32))
    expect(contractIdHexOf(account)).toBeUndefined()
  })
})
