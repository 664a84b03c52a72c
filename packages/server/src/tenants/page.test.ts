import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decodeCursor, encodeCursor, page, pageQuery } from './page.ts'

const schema = z.tuple([z.int(), z.string()])

describe('pages', () => {
  it('read back the cursor that they gave', () => {
    expect(decodeCursor(encodeCursor([7, 'ä"/+']), schema)).toEqual([7, 'ä"/+'])
  })

  it.each([
    '',
    '!',
    'e30',
    encodeCursor(['7', 'a']),
    encodeCursor([7]),
    encodeCursor([7, '\0']),
    'W1tbW1tb',
    `${'W'.repeat(900)}`,
  ])('answer 400 for the cursor %j', (text) => {
    expect(() => decodeCursor(text, schema)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  it('point to the next page only when there is one', () => {
    expect(page([1, 2, 3], 2, String)).toEqual({ items: [1, 2], next_cursor: '2' })
    expect(page([1, 2], 2, String)).toEqual({ items: [1, 2], next_cursor: null })
    expect(page([], 2, String)).toEqual({ items: [], next_cursor: null })
  })

  it('hold 50 items unless another number from 1 to 200 is asked for', () => {
    const query = z.object(pageQuery)
    expect(query.parse({})).toEqual({ limit: 50 })
    expect(query.parse({ limit: '200' }).limit).toBe(200)
    for (const limit of ['0', '201', '-1', '1.5', 'x', '']) expect(query.safeParse({ limit }).success).toBe(false)
  })
})
