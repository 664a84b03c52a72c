import type { JsonValue } from '../../config/json.ts'
import { type NaiveValue, naiveText } from './abi.ts'
import {
  addressFrom,
  decimalFrom,
  elementFrom,
  listFrom,
  numberText,
  signedFrom,
  tupleTextFrom,
  unsignedFrom,
} from './literal.ts'
import { type NaiveExpression, type NaiveLiteral, parseNaively } from './parse.ts'

export type NaiveParameter = { name: string; value: NaiveValue }

type Result = boolean | 'error'

/**
 * The result of an expression by spec/03 §4 to §6, with what our dialect adds: every width of integers and `bytesN`, arrays
 * of every type, parts of arrays and tuples by index and name. Texts that hold JSON are not looked into.
 */
export function evaluateNaiveExpression(text: string, parameters: readonly NaiveParameter[]): Result {
  const expression = parseNaively(text)
  return expression === undefined ? 'error' : evaluate(expression, parameters)
}

function evaluate(expression: NaiveExpression, parameters: readonly NaiveParameter[]): Result {
  if ('join' in expression) {
    const left = evaluate(expression.left, parameters)
    if (left === 'error' || left === (expression.join === 'or')) return left
    return evaluate(expression.right, parameters)
  }
  const { base, accessors, operator, literal } = expression
  let value = parameters.find(({ name }) => name === base)?.value
  for (const accessor of accessors) {
    if (value === undefined || 'text' in value) return 'error'
    if ('index' in accessor) value = value.parts[accessor.index]?.value
    else value = value.isTuple ? value.parts.find(({ name }) => name === accessor.key)?.value : undefined
  }
  return value === undefined ? 'error' : compare(value, operator, { literal, isElement: accessors.length > 0 })
}

type Right = { literal: NaiveLiteral; isElement: boolean }

function compare(value: NaiveValue, operator: string, { literal, isElement }: Right): Result {
  const { kind } = value
  if (kind.endsWith(']')) return compareList(value, operator, literal)
  if (kind === 'tuple') return compareTuple(value, operator, literal)
  const text = naiveText(value)
  if (/^u?int\d+$/.test(kind)) {
    const read = kind.startsWith('int') ? signedFrom : isElement ? elementFrom : unsignedFrom
    return literal.category === 'boolean' ? 'error' : ordered(read(text), operator, read(literal.text))
  }
  if (kind === 'bool') {
    return literal.category === 'boolean' ? equality(text === literal.text, operator) : 'error'
  }
  if (literal.category !== 'text') return 'error'
  if (kind === 'address') return equality(addressFrom(text) === addressFrom(literal.text), operator)
  if (!/^(?:string|function|bytes\d*)$/.test(kind)) return 'error'
  return compareText(texts(kind, text), operator, literal.text.toLowerCase())
}

/** The lower-case texts that stand for a value: `bytes1` to `bytes31` are their own bytes and the padded word. */
function texts(kind: string, text: string): string[] {
  const size = Number(/^bytes(\d+)$/.exec(kind)?.[1] ?? 32)
  const whole = text.toLowerCase()
  return size < 32 && whole.length === 66 ? [whole.slice(0, 2 + 2 * size), whole] : [whole]
}

function ordered(left: bigint | undefined, operator: string, right: bigint | undefined): Result {
  if (left === undefined || right === undefined) return 'error'
  if (operator === '>') return left > right
  if (operator === '>=') return left >= right
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  return equality(left === right, operator)
}

function equality(isEqual: boolean, operator: string): Result {
  if (operator === '==') return isEqual
  return operator === '!=' ? !isEqual : 'error'
}

function compareText(candidates: string[], operator: string, literal: string): Result {
  const [own = ''] = candidates
  if (operator === 'contains') return own.includes(literal)
  if (operator === 'starts_with') return own.startsWith(literal)
  if (operator === 'ends_with') return own.endsWith(literal)
  return equality(candidates.includes(literal), operator)
}

function compareList(value: NaiveValue, operator: string, { category, text }: NaiveLiteral): Result {
  // An indexed array is only its hash.
  if ('text' in value || category === 'boolean') return 'error'
  if (operator === 'contains') return holds(value, text)
  if (category === 'number') return 'error'
  const list = listFrom(text.toLowerCase())
  return list === undefined ? 'error' : equality(isSame(value, list), operator)
}

function compareTuple(value: NaiveValue, operator: string, { category, text }: NaiveLiteral): Result {
  if (category === 'boolean') return 'error'
  if (operator === 'contains') return 'text' in value ? 'error' : holds(value, text)
  if (category === 'number') return 'error'
  return equality(tupleTextFrom(naiveText(value)) === tupleTextFrom(text), operator)
}

/** The deep search of spec/03 §6.6. */
function holds(value: NaiveValue, literal: string): boolean {
  if (!('text' in value)) return value.parts.some((part) => holds(part.value, literal))
  const { kind, text } = value
  if (kind === 'bool') return text === literal.toLowerCase()
  if (/^u?int/.test(kind)) {
    const number = decimalFrom(text)
    const other = decimalFrom(literal)
    return number === undefined || other === undefined ? text === literal : number === other
  }
  if (/^0x[0-9a-f]{40}$/i.test(text)) return addressFrom(text) === addressFrom(literal)
  return texts(kind, text).includes(literal.toLowerCase())
}

/** Structural equality with JSON in lower case; a tuple is the list of its members or the object of its names. */
function isSame(value: NaiveValue, json: JsonValue): boolean {
  if ('text' in value) {
    const { kind, text } = value
    if (kind === 'bool') return typeof json === 'boolean' && String(json) === text
    if (/^u?int/.test(kind)) return numberText(json) === text
    return typeof json === 'string' && texts(kind, text).includes(json)
  }
  if (Array.isArray(json)) {
    const { parts } = value
    return parts.length === json.length && parts.every((part, index) => isSame(part.value, json[index] ?? null))
  }
  if (!value.isTuple || typeof json !== 'object' || json === null) return false
  const members = new Map(Object.entries(json))
  if (members.size !== value.parts.length) return false
  return value.parts.every(({ name, value: part }) => {
    const member: JsonValue | undefined = members.get(name.toLowerCase())
    return member !== undefined && isSame(part, member)
  })
}
