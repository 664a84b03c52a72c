import { parseJson } from '@smt/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, prettyJson } from './json.ts'

describe('prettyJson', () => {
  it('is the usual form of a file', () => {
    const value = { a: [], b: {}, c: [1, { d: null }], 'e"': 'x' }
    expect(prettyJson(value)).toBe(`${JSON.stringify(value, null, 2)}\n`)
  })

  it('keeps every digit', () => {
    const text =
      '{\n  "big": 115792089237316195423570985008687907853269984665640564039457584007913129639935,\n  "x": 1.0\n}\n'
    expect(prettyJson(parseJson(text))).toBe(text)
  })
})

describe('canonicalJson', () => {
  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object)
        const reversed = JSON.stringify(Object.fromEntries(Object.entries(object).toReversed()))
        expect(canonicalJson(parseJson(reversed))).toBe(canonicalJson(parseJson(text)))
      }),
    )
  })
})
