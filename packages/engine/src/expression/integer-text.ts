import { trimWhitespace } from './whitespace.ts'

/** 256-bit unsigned integer, or null when the text is none (spec/03 §6.2). */
export function parseUnsigned(text: string): bigint | null {
  const value = parseMagnitude(trimWhitespace(text))
  return value !== null && value <= UNSIGNED_MAX ? value : null
}

/** 256-bit signed integer. Hexadecimal without a sign is the raw two's complement pattern (spec/03 §6.2). */
export function parseSigned(text: string): bigint | null {
  const trimmed = trimWhitespace(text)
  if (/^0[xX]/.test(trimmed)) {
    const pattern = parseUnsigned(trimmed)
    return pattern === null ? null : BigInt.asIntN(256, pattern)
  }
  const value = parseWithSign(trimmed)
  return value !== null && value >= SIGNED_MIN && value <= SIGNED_MAX ? value : null
}

/** Any integer that fits 256 bits with or without a sign: the type of an element read from JSON is not known. */
export function parseEither(text: string): bigint | null {
  const value = parseWithSign(trimWhitespace(text))
  return value !== null && value >= SIGNED_MIN && value <= UNSIGNED_MAX ? value : null
}

/** Decimal digits with an optional sign and nothing else, as Stellar integers are written (spec/03 §7). */
export function parseDecimalInteger(text: string): bigint | null {
  const [, sign, digits = ''] = /^([+-]?)([0-9]+)$/.exec(text) ?? []
  const value = digits === '' ? null : readDigits(digits, 10)
  return value !== null && sign === '-' ? -value : value
}

/** {@link parseDecimalInteger} or hexadecimal, with whitespace around it: literals of the product dialect. */
export function parseDecimalOrHexadecimal(text: string): bigint | null {
  const trimmed = trimWhitespace(text)
  const [, sign, digits = ''] = /^([+-]?)0[xX]([0-9a-fA-F]+)$/.exec(trimmed) ?? []
  if (digits === '') return parseDecimalInteger(trimmed)
  const value = readDigits(digits, 16)
  return value !== null && sign === '-' ? -value : value
}

export const UNSIGNED_MAX = 2n ** 256n - 1n
export const SIGNED_MAX = 2n ** 255n - 1n
export const SIGNED_MIN = -(2n ** 255n)

function parseWithSign(text: string): bigint | null {
  if (!text.startsWith('-') && !text.startsWith('+')) return parseMagnitude(text)
  // A sign alone is zero for the original's integer library.
  if (text.length === 1) return 0n
  const value = parseMagnitude(text.slice(1))
  return value !== null && text.startsWith('-') ? -value : value
}

function parseMagnitude(text: string): bigint | null {
  if (text === '') return null
  if (isShortDecimal(text)) return BigInt(text)
  const prefix = text.slice(0, 2).toLowerCase()
  if (prefix === '0x') return text.length === 2 ? null : readSeparated(text.slice(2), 16)
  if (prefix === '0o') return readSeparated(text.slice(2), 8)
  if (prefix === '0b') return readSeparated(text.slice(2), 2)
  return readSeparated(text, 10)
}

/** What decoders print, without the cost of patterns. */
function isShortDecimal(text: string): boolean {
  if (text.length > digitsMaxOf[10]) return false
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code < 0x30 || code > 0x39) return false
  }
  return true
}

function readSeparated(text: string, radix: Radix): bigint | null {
  const digits = text.includes('_') ? text.replaceAll('_', '') : text
  return digitsOf[radix].test(digits) ? readDigits(digits, radix) : null
}

type Radix = 2 | 8 | 10 | 16

const digitsOf = { 2: /^[01]*$/, 8: /^[0-7]*$/, 10: /^[0-9]*$/, 16: /^[0-9a-fA-F]*$/ }
const prefixOf = { 2: '0b', 8: '0o', 10: '', 16: '0x' }
const digitsMaxOf = { 2: 256, 8: 86, 10: 78, 16: 64 }

/** The number of digits is limited first: converting very many takes more than linear time. */
function readDigits(digits: string, radix: Radix): bigint | null {
  const significant = digits.replace(/^0+/, '')
  if (significant.length > digitsMaxOf[radix]) return null
  return significant === '' ? 0n : BigInt(prefixOf[radix] + significant)
}
