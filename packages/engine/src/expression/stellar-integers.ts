import { compareEqual, compareOrdered } from './comparison.ts'
import { SIGNED_MIN, UNSIGNED_MAX } from './integer-text.ts'
import { type Comparator, formsOf } from './operand.ts'
import { nativeOf, ozNativeOf } from './text-forms.ts'

export type IntegerRange = { readonly min: bigint; readonly max: bigint }

/** The integer kinds of Stellar in lower case. */
export const stellarRanges: ReadonlyMap<string, IntegerRange> = new Map([
  ...[32n, 64n, 128n, 256n].flatMap((width): [string, IntegerRange][] => [
    [`u${width}`, { min: 0n, max: 2n ** width - 1n }],
    [`i${width}`, { min: -(2n ** (width - 1n)), max: 2n ** (width - 1n) - 1n }],
  ]),
  ['timepoint', { min: 0n, max: 2n ** 64n - 1n }],
  ['duration', { min: 0n, max: 2n ** 64n - 1n }],
])

/** What an integer inside a vec or map may be: its declared kind is not known. */
export const stellarElementRange: IntegerRange = { min: SIGNED_MIN, max: UNSIGNED_MAX }

/** Number literals only, within the width of the kind (spec/03 §7). */
export function createOzNativeComparator(range: IntegerRange): Comparator {
  const isUnsigned = range.min === 0n
  const read: typeof ozNativeOf = (forms) => {
    const value = isUnsigned && forms.text.startsWith('-') ? null : ozNativeOf(forms)
    return value !== null && isWithin(value, range) ? value : null
  }
  return (left, operator, literal) => {
    const value = read(formsOf(left))
    if (value === null) return 'ParseError'
    if (literal.kind !== 'number') return 'TypeMismatch'
    const other = read(literal.forms)
    return other === null ? 'ParseError' : compareOrdered(value, operator, other)
  }
}

/** u256 and i256 compare as plain text, and have no order (spec/03 §7). */
export const compareOzWide: Comparator = (left, operator, literal) => {
  if (literal.kind === 'boolean') return 'TypeMismatch'
  return compareEqual(formsOf(left).text === literal.forms.text, operator)
}

/** Decimal and hexadecimal literals, quoted or not; unsigned kinds have a place below zero too (spec/03 §11.12). */
export function createStellarIntegerComparator(range: IntegerRange): Comparator {
  const literalRange = { min: range.min === 0n ? SIGNED_MIN : range.min, max: range.max }
  return (left, operator, literal) => {
    const value = nativeOf(formsOf(left))
    if (value === null || !isWithin(value, range)) return 'ParseError'
    if (literal.kind === 'boolean') return 'TypeMismatch'
    const other = nativeOf(literal.forms)
    if (other === null || !isWithin(other, literalRange)) return 'ParseError'
    return compareOrdered(value, operator, other)
  }
}

export function isWithin(value: bigint, { min, max }: IntegerRange): boolean {
  return value >= min && value <= max
}
