import { describe, expect, it } from 'vitest'
import { assertVersion, etagOf, parseIfMatch } from './version.ts'

describe('versions', () => {
  it('come back from If-Match as they went out as ETag', () => {
    expect(parseIfMatch(etagOf(7))).toBe(7)
  })

  it('bind nothing without If-Match or with *', () => {
    for (const header of [undefined, '*', ' * ']) expect(() => assertVersion(parseIfMatch(header), 3)).not.toThrow()
  })

  it.each(['"2"', 'W/"3"', '3', '"x"', '""', '"2", "3"', ''])('refuse a write to version 3 that names %j', (header) => {
    expect(() => assertVersion(parseIfMatch(header), 3)).toThrow(
      expect.objectContaining({ code: 'precondition_failed' }),
    )
  })
})
