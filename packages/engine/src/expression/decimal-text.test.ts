import { describe, expect, it } from 'vitest'
import { canonicalDecimal } from './decimal-text.ts'

describe('canonicalDecimal', () => {
  it.each([
    ['20', '20.0'],
    ['20', '+0020.'],
    ['-0', '0'],
    ['1_000', '1000'],
    ['.5', '0.50'],
    ['0.00000000000000000000000000004', '0'],
    ['0.00000000000000000000000000005', '0.0000000000000000000000000001'],
    ['79228162514264337593543950335', '79228162514264337593543950335.4'],
  ])('gives %s and %s one form', (left, right) => {
    expect(canonicalDecimal(left)).toBe(canonicalDecimal(right))
    expect(canonicalDecimal(left)).not.toBeNull()
  })

  it.each([
    ['1', '-1'],
    ['1', '10'],
    ['0.1', '0.01'],
    ['79228162514264337593543950334', '79228162514264337593543950335'],
  ])('gives %s and %s different forms', (left, right) => {
    expect(canonicalDecimal(left)).not.toBe(canonicalDecimal(right))
  })

  it.each(['', '-', '.', '_1', '1e3', '0x1', '1 ', '79228162514264337593543950336', '9'.repeat(100_000)])(
    'has no form for %.20s',
    (text) => expect(canonicalDecimal(text)).toBeNull(),
  )
})
