import { ChainDataError } from '../evm/chain-data-error.ts'
import { type Read, readObject, required } from '../evm/json-object.ts'

const U32_MAX = 2 ** 32 - 1
const hashPattern = /^[0-9a-fA-F]{64}$/
const unsignedPattern = /^[0-9]{1,19}$/

/** A ledger sequence or another unsigned number of 32 bits, which a node writes as a JSON number. */
export const readUint32: Read<number> = (value, pointer) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > U32_MAX)
    throw new ChainDataError(pointer, 'must be an unsigned number of 32 bits')
  return value
}

/** 32 bytes in hexadecimal without prefix; the result is lower case. */
export const readHexHash: Read<string> = (value, pointer) => {
  if (typeof value !== 'string' || !hashPattern.test(value))
    throw new ChainDataError(pointer, 'must be 32 bytes in hexadecimal')
  return value.toLowerCase()
}

/** Unix seconds: nodes write them as a number in some answers and versions, as text in others. */
export const readUnixSeconds: Read<bigint> = (value, pointer) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  if (typeof value === 'string' && unsignedPattern.test(value)) return BigInt(value)
  throw new ChainDataError(pointer, 'must be a time in seconds')
}

/** The ledger sequence that stands under `key` in a JSON object, which is all of it that is looked at. */
export function readLedgerOf(value: unknown, pointer: string, key: string): bigint {
  return BigInt(required(readObject(value, pointer), key, readUint32))
}
