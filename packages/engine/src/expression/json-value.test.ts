import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJsonValue, printJsonValue } from './json-value.ts'
import { VALUE_DEPTH_MAX } from './value-node.ts'

const reprint = (text: string): string | null => {
  const value = parseJsonValue(text)
  return value && printJsonValue(value)
}

describe('parseJsonValue', () => {
  it('reads exactly what JSON.parse reads', () => {
    const nearlyJson = fc.string({
      unit: fc.constantFrom('[', ']', '{', '}', '"', ',', ':', '1', '0', '-', '.', 'e', '\\', 'n', ' '),
    })
    fc.assert(
      fc.property(fc.oneof(fc.json({ maxDepth: 5 }), nearlyJson), (text) => {
        let expected: unknown
        try {
          expected = JSON.parse(text)
        } catch {
          expect(reprint(text)).toBeNull()
          return
        }
        const own = reprint(text)
        if (own !== null) expect(JSON.parse(own)).toEqual(expected)
        // Half a surrogate pair is no character of JSON text.
        else expect(text).toMatch(/\\ud/i)
      }),
      { numRuns: 5_000 },
    )
  })

  it('keeps the digits of numbers and the last of repeated keys, and sorts keys by code point', () => {
    expect(reprint('[1.0, 1E+2, -0, 123456789012345678901234567890]')).toBe(
      '[1.0,1E+2,-0,123456789012345678901234567890]',
    )
    expect(reprint('{"b":1, "a":2, "b":3}')).toBe('{"a":2,"b":3}')
    expect(reprint('{"\u{1F600}":1,"\uFFFD":2,"":3}')).toBe('{"":3,"\uFFFD":2,"\u{1F600}":1}')
    expect(reprint('{"__proto__":1}')).toBe('{"__proto__":1}')
  })

  it('reads nesting up to the limit only', () => {
    const nest = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    expect(reprint(nest(VALUE_DEPTH_MAX))).toBe(nest(VALUE_DEPTH_MAX))
    expect(reprint(nest(VALUE_DEPTH_MAX + 1))).toBeNull()
    expect(reprint('{"a":'.repeat(200_000))).toBeNull()
  })

  it.each(['"\t"', '01', '+1', '.5', '1.', '"\\x"', '"\\ud800"', '[1,]', '{a:1}', 'nul', '', '1 2', '\u00a01', "'a'"])(
    'refuses %j',
    (text) => expect(reprint(text)).toBeNull(),
  )
})
