import { JsonNumber, type JsonValue, parseJson } from '../../config/json.ts'

/** Texts as comparisons read them, by spec/03 §6.2 to §6.7; undefined where a text is no such thing. */

export function unsignedFrom(text: string): bigint | undefined {
  const value = magnitude(trimmed(text))
  return value !== undefined && value < 2n ** 256n ? value : undefined
}

export function signedFrom(written: string): bigint | undefined {
  const text = trimmed(written)
  if (/^0x/i.test(text)) {
    const pattern = unsignedFrom(text)
    return pattern === undefined || pattern < 2n ** 255n ? pattern : pattern - 2n ** 256n
  }
  const value = withSign(text)
  return value !== undefined && value >= -(2n ** 255n) && value < 2n ** 255n ? value : undefined
}

/** Of an unsigned value that a path leads to: negative literals are smaller, not wrong (spec/03 §11.6). */
export function elementFrom(text: string): bigint | undefined {
  const value = withSign(trimmed(text))
  return value !== undefined && value >= -(2n ** 255n) && value < 2n ** 256n ? value : undefined
}

function trimmed(text: string): string {
  return text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '')
}

function withSign(text: string): bigint | undefined {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (sign !== '' && rest === '') return 0n
  const value = magnitude(rest)
  return value !== undefined && sign === '-' ? -value : value
}

function magnitude(text: string): bigint | undefined {
  const digits = text.replaceAll('_', '')
  if (text === '') return undefined
  if (/^0x[0-9a-f]+$/i.test(digits) || /^0b[01]+$/i.test(digits) || /^0o[0-7]+$/i.test(digits)) {
    return BigInt(digits.toLowerCase())
  }
  if (/^0[bo]$/i.test(digits) || digits === '') return 0n
  return /^[0-9]+$/.test(digits) ? BigInt(digits) : undefined
}

/** Without `0x` (or `0X`, spec/03 §11.14) and whitespace, in lower case. */
export function addressFrom(text: string): string {
  return text
    .replace(/^0x/i, '')
    .replace(/\p{White_Space}/gu, '')
    .toLowerCase()
}

/** Equal for numbers of equal value, as `contains` compares them (spec/03 §6.6). */
export function decimalFrom(text: string): string | undefined {
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)([0-9][0-9_]*)(?:\.([0-9]+))?$/.exec(text) ?? []
  const digits = whole.replaceAll('_', '')
  if (digits === '' || BigInt(digits) >= 2n ** 96n) return undefined
  const places = fraction.replace(/0+$/, '')
  const value = BigInt(digits + places)
  return value === 0n ? '0' : `${sign === '-' ? '-' : ''}${value}e-${places.length}`
}

export function listFrom(text: string): JsonValue[] | undefined {
  try {
    const value = parseJson(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    // Not JSON, which is what undefined says.
    return undefined
  }
}

/** The source text of a JSON number. */
export function numberText(value: JsonValue): string | undefined {
  if (value instanceof JsonNumber) return value.text
  return typeof value === 'number' || typeof value === 'bigint' ? value.toString() : undefined
}

/** Without whitespace outside of quotes (spec/03 §6.7). */
export function tupleTextFrom(text: string): string {
  let quote = ''
  return text
    .split('')
    .filter((character) => {
      if (quote === '') {
        if (character === '"' || character === "'") quote = character
        return !/\p{White_Space}/u.test(character)
      }
      if (character === quote) quote = ''
      return true
    })
    .join('')
}
