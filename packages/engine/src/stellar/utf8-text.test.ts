import { describe, expect, it } from 'vitest'
import { unescapeText } from './utf8-text.ts'

describe('unescapeText', () => {
  it.each([
    ['plain', 'plain'],
    ['h\\xc3\\xa9llo', 'héllo'],
    ['a\\tb\\nc\\rd\\\\e', 'a\tb\nc\rd\\e'],
    ['\\xef\\xbb\\xbfx', '\ufeffx'],
  ])('reads %s as UTF-8', (escaped, text) => expect(unescapeText(escaped)).toBe(text))

  it.each(['a\\0\\xc3\\xa9', '\\xff', '\\xc3'])('leaves %s escaped, which is no text', (escaped) => {
    expect(unescapeText(escaped)).toBe(escaped)
  })
})
