import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemIds } from '../platform/ids.ts'
import { createApiKeyText, readApiKeyText } from './api-key-text.ts'

describe('the text of an API key', () => {
  it('is smt_ and 71 base62 characters, and reads back to its parts', () => {
    const { text, parts } = createApiKeyText(systemIds)
    expect(text).toMatch(/^smt_[0-9A-Za-z]{71}$/)
    expect(parts.keyId).toBe(text.slice(4, 26))
    expect(readApiKeyText(text)).toEqual(parts)
  })

  it('is another one each time', () => {
    const texts = Array.from({ length: 100 }, () => createApiKeyText(systemIds).text)
    expect(new Set(texts).size).toBe(100)
  })

  it('does not read with any single character changed', () => {
    const { text } = createApiKeyText(systemIds)
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: text.length - 1 }),
        fc.constantFrom(...alphabet.split('')),
        (index, character) => {
          fc.pre(text.charAt(index) !== character)
          expect(readApiKeyText(text.slice(0, index) + character + text.slice(index + 1))).toBeUndefined()
        },
      ),
    )
  })

  it.each(['', 'smt_', 'smt_short', 'xyz_aaaa', `smt_${'-'.repeat(71)}`])('does not read %j', (text) => {
    expect(readApiKeyText(text)).toBeUndefined()
  })
  it('does not read a key that was cut off or has something behind it', () => {
    const { text } = createApiKeyText(systemIds)
    expect(readApiKeyText(text.slice(0, -1))).toBeUndefined()
    expect(readApiKeyText(`${text} `)).toBeUndefined()
    expect(readApiKeyText(`${text}\n`)).toBeUndefined()
  })

  it('throws away bytes that would make some characters likelier than others', () => {
    const bytes = [255, 254, 248, 61, 0]
    const { text } = createApiKeyText({
      random: (size) => Buffer.from(Array.from({ length: size }, (_, n) => bytes[n % 5] ?? 0)),
    })
    expect(new Set(text.slice(4, -6))).toEqual(new Set(['z', '0']))
  })
})
