import { parse, stringify } from 'lossless-json'
import { scanJson } from './json-scan.ts'
import { JsonSyntaxError } from './json-syntax-error.ts'

/** A number whose digits a JavaScript number would not keep, or that is written in another than the shortest form. */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type JsonValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | JsonNumber
  | JsonValue[]
  | { [key: string]: JsonValue }

/**
 * Parses strict JSON (RFC 8259) without loss of digits.
 *
 * A number whose text is what JavaScript would print is a `number` (an integer only when it is a safe one), any other plain integer is a `bigint`, and the rest
 * (`1000.0`, `1e3`, more digits than fit) is a {@link JsonNumber}, so that an integer field can refuse it. Nesting is
 * limited before the recursive parser runs; a repeated key and half a surrogate pair are errors; a key such as
 * `__proto__` becomes an ordinary own property (spec/01 §1.2, §1.3).
 *
 * @throws JsonSyntaxError with the position, never with text from the document beyond a single character or a key.
 */
export function parseJson(text: string, { maxDepth = 128 }: { maxDepth?: number } = {}): JsonValue {
  scanJson(text, maxDepth)
  try {
    // lossless-json is typed `unknown`; with this number parser it builds nothing but JsonValue.
    return parse(text, null, parseNumber) as JsonValue
  } catch (error) {
    throw toSyntaxError(error)
  }
}

/** Compact JSON; bigint and JsonNumber print exactly their digits. A member that is `undefined` is left out. */
export function stringifyJson(value: unknown): string {
  return stringify(value, undefined, undefined, [numberPrinter]) ?? 'null'
}

const numberPrinter = {
  test: (value: unknown): boolean => value instanceof JsonNumber,
  stringify: (value: unknown): string => (value instanceof JsonNumber ? value.text : 'null'),
}

const integerDigitsMax = 400

function parseNumber(text: string): number | bigint | JsonNumber {
  const number = Number(text)
  // Beyond 2^53 a number may print these digits and yet be another integer.
  const isExact = Number.isSafeInteger(number) || !Number.isInteger(number)
  if (isExact && String(number) === text) return number
  // `-0` is no integer for the original either, and reading very long integers as bigint costs quadratic time.
  const isInteger = text !== '-0' && text.length <= integerDigitsMax && /^-?\d+$/.test(text)
  return isInteger ? BigInt(text) : new JsonNumber(text)
}

function toSyntaxError(error: unknown): JsonSyntaxError {
  const text = error instanceof Error ? error.message : ''
  const position = /at position (\d+)$/.exec(text)?.[1]
  const message = text.replace(/^Invalid number '[^']*'/, 'Invalid number') || 'The text is not JSON'
  return new JsonSyntaxError(message, {
    ...(position === undefined ? {} : { position: Number(position) }),
    cause: error,
  })
}
