import { checkIntegerLiteral } from './check-integer-literal.ts'
import type { ComparisonExpression, ExpressionLiteral } from './expression.ts'
import { echo, type Remark } from './expression-finding.ts'
import type { Family } from './family-rules.ts'
import { fixedBytesSize } from './fixed-bytes.ts'
import { parseJsonValue } from './json-value.ts'
import { removeWhitespace } from './whitespace.ts'

export type LiteralSubject = { readonly family: Family; readonly kind: string; readonly isMember: boolean }

/** Why the literal is an error for the kind, or can never be equal to a value of it. */
export function checkLiteral(node: ComparisonExpression, subject: LiteralSubject): Remark | undefined {
  const { literal } = node
  switch (subject.family) {
    case 'unsigned':
    case 'signed':
    case 'integer':
      return checkIntegerLiteral(literal, subject)
    case 'boolean':
      return literal.kind === 'boolean'
        ? undefined
        : { message: 'A boolean is compared with true or false.', hint: 'Write true or false without quotes.' }
    case 'address':
      return literal.kind === 'string' ? checkAddress(literal.text) : quoteIt(literal, 'An address')
    case 'text':
    case 'fixedBytes':
      return literal.kind === 'string' ? checkText(node, subject.kind) : quoteIt(literal, 'Text')
    case 'array':
    case 'vec':
    case 'map':
    case 'tuple':
      return checkListLiteral(node, subject.family)
  }
}

function quoteIt({ kind, text }: ExpressionLiteral, what: string): Remark {
  const message = `${what} is not compared with a ${kind}.`
  return { message, hint: what === 'Text' ? `Put it in quotes: '${echo(text)}'.` : 'Write the address with 0x.' }
}

function checkAddress(text: string): Remark | undefined {
  const digits = removeWhitespace(text.replace(/^0[xX]/, ''))
  if (digits === '' || /^[0-9a-fA-F]{40}$/.test(digits)) return undefined
  const isHexadecimal = /^[0-9a-fA-F]+$/.test(digits)
  return {
    message: isHexadecimal ? `An address has 40 digits, not ${digits.length}.` : `${echo(text)} is not an address.`,
    hint: 'An address is 0x and 40 hexadecimal digits; it may be empty.',
  }
}

function checkText({ literal, operator }: ComparisonExpression, kind: string): Remark | undefined {
  const lower = kind.toLowerCase()
  if (operator !== '==' && operator !== '!=') return undefined
  // EVM kinds are in lower case; Stellar has Bytes and Address.
  if (kind === 'Bytes')
    return /^0[xX]/.test(literal.text) ? { message: 'Bytes have no 0x here.', hint: 'Leave out 0x.' } : undefined
  if (lower === 'address') {
    const { length } = removeWhitespace(literal.text)
    return length === 56 ? undefined : { message: `A Stellar address has 56 characters, not ${length}.` }
  }
  if (!/^bytes[0-9]*$/.test(kind)) return undefined
  return checkBytes(literal.text, kind === 'bytes32' ? 32 : fixedBytesSize(kind))
}

function checkBytes(text: string, size: number | undefined): Remark | undefined {
  const digits = /^0[xX]([0-9a-fA-F]*)$/.exec(text)?.[1]
  if (digits === undefined) {
    return {
      message: `${echo(text)} is not bytes, which are 0x and hexadecimal digits.`,
      hint: 'Use contains to look for a part.',
    }
  }
  if (size === undefined) {
    return digits.length % 2 === 0 ? undefined : { message: 'Bytes have an even number of digits.' }
  }
  if (digits.length === 2 * size || digits.length === 64) return undefined
  return { message: `${size} bytes have ${2 * size} digits, not ${digits.length}.` }
}

function checkListLiteral(
  { literal, operator }: ComparisonExpression,
  family: 'array' | 'vec' | 'map' | 'tuple',
): Remark | undefined {
  if (literal.kind === 'boolean') {
    return { message: 'A list is not compared with a boolean.', hint: `Put it in quotes: '${literal.text}'.` }
  }
  // A vec may be comma-separated text, so anything can be equal to it.
  if ((operator !== '==' && operator !== '!=') || family === 'vec') return undefined
  const { text } = literal
  if (family === 'tuple') {
    if (literal.kind === 'string' && text.startsWith('(') && text.endsWith(')')) return undefined
    return { message: 'A tuple is equal to a whole tuple only.', hint: 'Write it in quotes, such as \'(1,"a")\'.' }
  }
  const type = literal.kind === 'string' ? parseJsonValue(text)?.type : undefined
  if (family === 'map') {
    return type === 'object'
      ? undefined
      : { message: 'A map is equal to a JSON object only.', hint: 'Write \'{"a":1}\'.' }
  }
  return type === 'array'
    ? undefined
    : { message: 'A list is equal to a JSON list only.', hint: "Write it in quotes, such as '[1,2]'." }
}
