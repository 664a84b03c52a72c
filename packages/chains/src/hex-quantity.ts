import { ChainDataError, type JsonValue } from '@smt/engine'
import { z } from 'zod'

const quantitySchema = z
  .string()
  .regex(/^0x0*[0-9a-fA-F]{1,16}$/)
  .transform(BigInt)

/**
 * A bare result that is an unsigned quantity of at most `bits` bits (64 or fewer), in 0x hexadecimal.
 *
 * @throws ChainDataError for anything else, also for a JSON number.
 */
export function parseHexQuantity(result: JsonValue, bits: number): bigint {
  const { data } = quantitySchema.safeParse(result)
  if (data === undefined || data >> BigInt(bits) !== 0n)
    throw new ChainDataError('', `must be a 0x hexadecimal quantity of at most ${bits} bits`)
  return data
}

/** As a parameter: minimal, lower case, with 0x. */
export function toHexQuantity(quantity: bigint): string {
  return `0x${quantity.toString(16)}`
}
