import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stellarVectors as vectors } from '../testing/stellar-vectors.ts'
import { BASE64_LENGTH_MAX, decodeBase64 } from './base64.ts'
import { decodeEvent } from './decode-event.ts'
import { readEnvelope } from './envelope.ts'
import { decodeScValue } from './sc-value.ts'
import { decodeXdr } from './xdr.ts'
import { XdrError } from './xdr-error.ts'

const seven = 'AAAAAwAAAAc='

describe('decodeXdr', () => {
  it('decodes a value to XDR-JSON', () => expect(decodeXdr('ScVal', seven)).toEqual({ u32: 7 }))

  it.each([
    ['no padding', 'AAAAAwAAAAc'],
    ['too much padding', 'AAAAAwAAAAc=='],
    ['bits left over', 'AAAAAwAAAAd='],
    ['a blank', 'AAAAAw AAAAc='],
    ['the alphabet of URLs', 'AAAAAw__AAc='],
    ['padding in the middle', 'AAAA=AAAAwAAAAc='],
    ['a line break', 'AAAAAwAAAAc\n'],
    ['bytes after the value', 'AAAAAwAAAAcAAAAA'],
    ['bytes missing', 'AAAAAwAA'],
    ['an arm that is not known', 'AAAA/wAAAAc='],
    ['nothing', ''],
    ['more than is ever decoded', 'A'.repeat(BASE64_LENGTH_MAX + 4)],
  ])('refuses %s', (_what, base64) => expect(() => decodeXdr('ScVal', base64)).toThrow(XdrError))

  it('says nothing of the data in its message', () => {
    expect(() => decodeXdr('ScVal', 'AAAAAwAAAAcAAAAA')).toThrow(
      'The XDR is not a value of the expected type, or of a newer protocol.',
    )
  })

  it.each([10, 1000, 100_000])('survives %i lists in each other and lists that claim to be huge', (depth) => {
    const nested = Buffer.concat([
      ...Array.from({ length: depth }, () => hex('000000100000000100000001')),
      hex('00000001'),
    ])
    const huge = ['0000001000000001ffffffff', '0000000dffffffff', '0000000e7fffffff00000000']
    for (const bytes of [nested, ...huge.map(hex)]) attempt(() => decodeXdr('ScVal', bytes.toString('base64')))
    expect(decodeXdr('ScVal', seven)).toEqual({ u32: 7 })
  })

  it('ends in XdrError, or a value, for any bytes and any damage to real ones', () => {
    const damaged = fc
      .tuple(fc.constantFrom(...vectors.functions), fc.nat(), fc.integer({ min: 1, max: 255 }))
      .map(([{ envelopeXdr }, position, change]) => {
        const bytes = Buffer.from(envelopeXdr, 'base64')
        const index = position % bytes.length
        bytes[index] = (bytes[index] ?? 0) ^ change
        return bytes
      })
    const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(damaged, anything), (bytes) => {
        const base64 = bytes.toString('base64')
        attempt(() => readEnvelope(base64))
        attempt(() => decodeScValue(base64))
        decodeEvent({ topics: [base64, base64], value: base64 })
      }),
      { numRuns: 200 },
    )
  })
})

describe('decodeBase64', () => {
  it('takes what it gives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(Buffer.from(decodeBase64(Buffer.from(bytes).toString('base64')))).toEqual(Buffer.from(bytes))
      }),
      { numRuns: 100 },
    )
  })
})

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

function attempt(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    expect(error).toBeInstanceOf(XdrError)
  }
}
