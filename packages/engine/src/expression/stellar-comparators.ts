import { compareEqual, compareText } from './comparison.ts'
import { printJsonValue } from './json-value.ts'
import { type Comparator, formsOf } from './operand.ts'
import { compactOf, jsonOf, lowerOf } from './text-forms.ts'
import type { ArrayNode, TextForms, ValueNode } from './value-node.ts'
import { isSameValue } from './value-search.ts'
import { trimWhitespace } from './whitespace.ts'

export const compareStellarBoolean: Comparator = (left, operator, literal) => {
  const { text } = formsOf(left)
  if (text !== 'true' && text !== 'false') return 'ParseError'
  if (literal.kind !== 'boolean') return 'TypeMismatch'
  return compareEqual(text === literal.forms.text, operator)
}

export const compareStellarText: Comparator = (left, operator, literal) => {
  if (literal.kind !== 'string') return 'TypeMismatch'
  return compareText(lowerOf(formsOf(left)), operator, lowerOf(literal.forms))
}

/** As text, but equality ignores whitespace. */
export const compareStellarAddress: Comparator = (left, operator, literal) => {
  if (operator !== '==' && operator !== '!=') return compareStellarText(left, operator, literal)
  if (literal.kind !== 'string') return 'TypeMismatch'
  return compareEqual(compactOf(formsOf(left)) === compactOf(literal.forms), operator)
}

export const compareVec: Comparator = (left, operator, literal) => {
  if (literal.kind === 'boolean') return 'TypeMismatch'
  const forms = formsOf(left)
  if (operator === 'contains') return vecContains(forms, literal.forms)
  return compareEqual((operator === '==' || operator === '!=') && isSameVec(forms, literal.forms), operator)
}

export const compareMap: Comparator = (left, operator, literal) => {
  if (literal.kind === 'boolean' || (literal.kind === 'number' && operator !== 'contains')) return 'TypeMismatch'
  if (operator !== 'contains' && operator !== '==' && operator !== '!=') return 'UnsupportedOperator'
  const map = jsonOf(formsOf(left))
  if (!map) return 'ParseError'
  if (operator === 'contains') return map.type === 'object' ? hasMember(map, literal.forms) : 'TypeMismatch'
  const other = jsonOf(literal.forms)
  if (!other) return 'ParseError'
  if (map.type !== 'object' || other.type !== 'object') return 'TypeMismatch'
  return compareEqual(isSameValue(map, other, { foldsCase: false }), operator)
}

/** Two lists of JSON, or two lists of comma-separated text; one of each are never equal (spec/03 §7.1). */
function isSameVec(left: TextForms, right: TextForms): boolean {
  const leftJson = jsonOf(left)
  const rightJson = jsonOf(right)
  if (leftJson && rightJson && leftJson.type === 'array' && rightJson.type === 'array') {
    return isSameValue(leftJson, rightJson, { foldsCase: false })
  }
  if (!leftJson !== !rightJson || leftJson?.type === 'array' || rightJson?.type === 'array') return false
  const others = lowerOf(right).split(',')
  const parts = lowerOf(left).split(',')
  return (
    parts.length === others.length &&
    parts.every((part, index) => trimWhitespace(part) === trimWhitespace(others[index] ?? ''))
  )
}

function vecContains(vec: TextForms, literal: TextForms): boolean {
  const array = jsonOf(vec)
  if (array?.type === 'array') return hasElement(array, literal)
  const trimmed = trimWhitespace(vec.text)
  const isBracketed = trimmed.length >= 2 && trimmed.startsWith('[') && trimmed.endsWith(']')
  const content = isBracketed ? trimmed.slice(1, -1) : trimmed
  return content.split(',').some((part) => trimWhitespace(part) === literal.text)
}

function hasElement(array: ArrayNode, literal: TextForms): boolean {
  return array.elements.some((element) =>
    element.type === 'object' ? hasMember(element, literal) : matchesValue(element, literal),
  )
}

function hasMember(map: Extract<ValueNode, { type: 'object' }>, literal: TextForms): boolean {
  return [...map.members.values()].some((member) => matchesValue(member, literal))
}

/** The rule for one value, which does not descend further (spec/03 §7.1). */
function matchesValue(node: ValueNode, literal: TextForms): boolean {
  if (node.type === 'string') return isSameIgnoringAsciiCase(node.forms.text, literal.text)
  if (node.type !== 'object') return printJsonValue(node) === literal.text
  const value = node.members.get('value')
  if (!value) return false
  return (value.type === 'string' ? value.forms.text : printJsonValue(value)) === literal.text
}

function isSameIgnoringAsciiCase(left: string, right: string): boolean {
  return left.length === right.length && lowerAscii(left) === lowerAscii(right)
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
