import { describe, expect, it } from 'vitest'
import { toCsv } from './csv.ts'

describe('a table as CSV', () => {
  it('quotes what needs it and ends each line as RFC 4180 says', () => {
    expect(
      toCsv([
        ['a', 'b,c', 'd"e', 'f\ng'],
        [1, 0, '', 'x'],
      ]),
    ).toBe('a,"b,c","d""e","f\ng"\r\n1,0,,x\r\n')
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('keeps %j from being run as a formula', (text) => {
    expect(toCsv([[text]]).replaceAll('"', '')).toBe(`'${text}\r\n`)
  })
})
