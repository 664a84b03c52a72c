import { compareEqual, compareOrdered, compareText } from './comparison.ts'
import { significantBytes } from './fixed-bytes.ts'
import { type Comparator, formsOf, type Literal, nodeOf, type Operand, type Outcome } from './operand.ts'
import { jsonOf, lowerJsonOf, lowerOf, tupleOf } from './text-forms.ts'
import { normaliseTuple } from './tuple-text.ts'
import type { TextForms } from './value-node.ts'
import { isSameValue, matchesDeep } from './value-search.ts'

/** Integers: the left side is parsed first, then the literal, and the operator is looked at last (spec/03 §6.1). */
export function createIntegerComparator(read: (forms: TextForms) => bigint | null): Comparator {
  return (left, operator, literal) => {
    const value = read(formsOf(left))
    if (value === null) return 'ParseError'
    if (literal.kind === 'boolean') return 'TypeMismatch'
    const other = read(literal.forms)
    return other === null ? 'ParseError' : compareOrdered(value, operator, other)
  }
}

export function createAddressComparator(addressOf: (forms: TextForms) => string): Comparator {
  return (left, operator, literal) => {
    if (literal.kind !== 'string') return 'TypeMismatch'
    return compareEqual(addressOf(formsOf(left)) === addressOf(literal.forms), operator)
  }
}

export function compareLowerCase(left: Operand, operator: Parameters<Comparator>[1], literal: Literal): Outcome {
  if (literal.kind !== 'string') return 'TypeMismatch'
  return compareText(lowerOf(formsOf(left)), operator, lowerOf(literal.forms))
}

/** `bytes1` … `bytes31`: the N bytes compare as text, and equality also takes the whole word (spec/03 §11.1). */
export function createFixedBytesComparator(size: number): Comparator {
  return (left, operator, literal) => {
    if (literal.kind !== 'string') return 'TypeMismatch'
    const word = lowerOf(formsOf(left))
    const text = lowerOf(literal.forms)
    const bytes = significantBytes(word, size)
    if (operator === '==' || operator === '!=') return compareEqual(bytes === text || word === text, operator)
    return compareText(bytes, operator, text)
  }
}

export const compareBoolean: Comparator = (left, operator, literal) => {
  const { text } = formsOf(left)
  if (text !== 'true' && text !== 'false') return 'ParseError'
  if (literal.kind !== 'boolean') return 'TypeMismatch'
  return compareEqual(text === literal.forms.text, operator)
}

export function createArrayComparator(addressOf: (forms: TextForms) => string): Comparator {
  return (left, operator, literal) => {
    if (isWrongForList(operator, literal)) return 'TypeMismatch'
    if (operator === 'contains') {
      const array = nodeOf(left) ?? jsonOf(formsOf(left))
      return array?.type === 'array' ? matchesDeep(array, literal.forms, addressOf) : 'ParseError'
    }
    return operator === '==' || operator === '!=' ? compareArray(left, operator, literal) : 'UnsupportedOperator'
  }
}

export function createTupleComparator(addressOf: (forms: TextForms) => string): Comparator {
  return (left, operator, literal) => {
    if (isWrongForList(operator, literal)) return 'TypeMismatch'
    if (operator === 'contains') {
      const tuple = nodeOf(left) ?? tupleOf(formsOf(left))
      return tuple ? matchesDeep(tuple, literal.forms, addressOf) : 'ParseError'
    }
    if (operator !== '==' && operator !== '!=') return 'UnsupportedOperator'
    return compareEqual(normaliseTuple(formsOf(left).text) === normaliseTuple(literal.forms.text), operator)
  }
}

function isWrongForList(operator: Parameters<Comparator>[1], literal: Literal): boolean {
  return literal.kind === 'boolean' || (literal.kind === 'number' && operator !== 'contains')
}

function compareArray(left: Operand, operator: '==' | '!=', literal: Literal): Outcome {
  const node = nodeOf(left)
  const foldsCase = node?.type === 'array' && node.kind !== undefined
  const array = foldsCase ? node : lowerJsonOf(formsOf(left))
  const other = lowerJsonOf(literal.forms)
  if (!array || !other) return 'ParseError'
  if (array.type !== 'array' || other.type !== 'array') return 'TypeMismatch'
  return compareEqual(isSameValue(array, other, { foldsCase }), operator)
}
