import { ChainDataError } from './chain-data-error.ts'
import type { Read } from './json-object.ts'

/** Hexadecimal with `0x`, a decimal string or a JSON integer; the result is minimal lower-case hexadecimal. */
export const readQuantity: Read<string> = quantity(64)

export const readQuantity64: Read<string> = quantity(16)

export const readHash: Read<string> = bytes(/^0x[0-9a-fA-F]{64}$/, '32 bytes')

export const readAddress: Read<string> = bytes(/^0x[0-9a-fA-F]{40}$/, 'an address of 20 bytes')

export const readBloom: Read<string> = bytes(/^0x[0-9a-fA-F]{512}$/, '256 bytes')

export const readBytes: Read<string> = bytes(/^0x(?:[0-9a-fA-F]{2})*$/, 'bytes')

export const readText: Read<string> = (value, pointer) => {
  if (typeof value !== 'string') throw new ChainDataError(pointer, 'must be text')
  return value
}

export const readBoolean: Read<boolean> = (value, pointer) => {
  if (typeof value !== 'boolean') throw new ChainDataError(pointer, 'must be true or false')
  return value
}

const DECIMAL_DIGITS_MAX = 78
const minimalHex = /^0x(?:0|[1-9a-f][0-9a-f]*)$/

function quantity(digitsMax: number): Read<string> {
  return (value, pointer) => {
    // How nodes write almost all of them.
    if (typeof value === 'string' && value.length <= digitsMax + 2 && minimalHex.test(value)) return value
    const digits = hexDigits(value)
    if (digits === undefined)
      throw new ChainDataError(pointer, 'must be a quantity: 0x hexadecimal, decimal text or an integer')
    if (digits.length > digitsMax) throw new ChainDataError(pointer, `must fit ${digitsMax * 4} bits`)
    return `0x${digits}`
  }
}

/** Without leading zeros; the sentinel keeps conversion time bounded when a text has very many digits. */
function hexDigits(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value >= 0n ? value.toString(16) : undefined
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value.toString(16) : undefined
  if (typeof value !== 'string') return undefined
  if (/^0x[0-9a-fA-F]*$/.test(value)) return value.slice(2).replace(/^0+/, '').toLowerCase() || '0'
  if (!/^[0-9]+$/.test(value)) return undefined
  const decimal = value.replace(/^0+/, '') || '0'
  return decimal.length > DECIMAL_DIGITS_MAX ? 'f'.repeat(DECIMAL_DIGITS_MAX) : BigInt(decimal).toString(16)
}

function bytes(pattern: RegExp, what: string): Read<string> {
  return (value, pointer) => {
    if (typeof value !== 'string' || !pattern.test(value))
      throw new ChainDataError(pointer, `must be ${what} in 0x hexadecimal`)
    return value.toLowerCase()
  }
}
