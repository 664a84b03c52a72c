import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { processorMs } from '../testing/processor-time.ts'
import { JsonNumber, parseJson, stringifyJson } from './json.ts'
import { JsonSyntaxError } from './json-syntax-error.ts'

function messageOf(text: string): string {
  try {
    parseJson(text)
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message
    throw error
  }
  throw new Error('was accepted')
}

describe('parseJson', () => {
  it('keeps the digits of every number', () => {
    const text =
      '[0,-1,1.5,18446744073709551615,-9223372036854775808,1000.0,1e3,1E3,0.10,-0,123456789012345.6789012345]'
    expect(parseJson(text)).toEqual([
      0,
      -1,
      1.5,
      18446744073709551615n,
      -9223372036854775808n,
      new JsonNumber('1000.0'),
      new JsonNumber('1e3'),
      new JsonNumber('1E3'),
      new JsonNumber('0.10'),
      new JsonNumber('-0'),
      new JsonNumber('123456789012345.6789012345'),
    ])
    expect(stringifyJson(parseJson(text))).toBe(text)
  })

  it('keeps a number of a million digits without reading it as bigint', () => {
    const digits = '9'.repeat(1_000_000)
    const startedAt = processorMs()
    expect(parseJson(digits)).toEqual(new JsonNumber(digits))
    expect(processorMs() - startedAt).toBeLessThan(1000)
  })

  it('makes __proto__ and constructor ordinary members', () => {
    const value = parseJson('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it.each([
    ['a repeated key', '{"a":1,"a":2}'],
    ['a repeated key with an equal value', '{"a":1,"b":{"c":2},"a" :1}'],
    ['a key repeated through an escape', '{"a":1,"\\u0061":1}'],
    ['a byte order mark', '\ufeff{}'],
    ['a comment', '{} // x'],
    ['a trailing comma', '[1,]'],
    ['a trailing comma in an object', '{"a":1,}'],
    ['single quotes', "{'a':1}"],
    ['a leading zero', '01'],
    ['a bare dot', '1.'],
    ['NaN', 'NaN'],
    ['nothing', ''],
    ['two values', '{} {}'],
    ['a raw line break in a string', '"a\nb"'],
    ['half a surrogate pair', '"\\ud800"'],
    ['an unfinished string', '"abc\\'],
    ['an unfinished object', '{"a":'],
  ])('refuses %s', (_, text) => {
    expect(() => parseJson(text)).toThrow(JsonSyntaxError)
  })

  it('accepts the same key in different objects, strings in arrays twice, and surrogate pairs', () => {
    const text = '[{"a":"a"},{"a":{"a":["a","a"]}},"\\ud83d\\ude00"]'
    expect(parseJson(text)).toEqual([{ a: 'a' }, { a: { a: ['a', 'a'] } }, '😀'])
  })

  it('limits the depth before recursion starts', () => {
    expect(parseJson('['.repeat(128) + ']'.repeat(128))).toBeTruthy()
    expect(messageOf('['.repeat(129) + ']'.repeat(129))).toContain('deeper than 128')
    expect(messageOf('{"a":'.repeat(1_000_000))).toContain('deeper than 128')
    expect(() => parseJson('[[]]', { maxDepth: 1 })).toThrow(JsonSyntaxError)
    expect(parseJson('["[[[[", "\\"[["]', { maxDepth: 1 })).toEqual(['[[[[', '"[['])
  })

  it('says where, but never quotes a value', () => {
    expect(messageOf('{"token": 12345.secret}')).not.toContain('12345')
    try {
      parseJson('{"a" 1}')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ name: 'JsonSyntaxError', position: 5 })
    }
  })

  it('agrees with JSON.parse on all JSON without repeated keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        expect(JSON.parse(stringifyJson(parseJson(text)))).toEqual(JSON.parse(text))
      }),
    )
  })

  it('throws nothing but JsonSyntaxError on any text', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0041eE-+.tfn '.split('')) }))
    fc.assert(
      fc.property(text, (input) => {
        try {
          parseJson(input)
        } catch (error) {
          expect(error).toBeInstanceOf(JsonSyntaxError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
