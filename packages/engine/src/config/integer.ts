import { z } from 'zod'

const U64_MAX = 2n ** 64n - 1n

type Bounds = { min?: bigint; max: bigint; format: string }

export const u8 = integer({ max: 255n, format: 'uint8' })
export const u16 = integer({ max: 65_535n, format: 'uint16' })
export const u32 = integer({ max: 4_294_967_295n, format: 'uint32' })
export const u64 = integer({ max: U64_MAX, format: 'uint64' })

export function u64From(min: bigint) {
  return integer({ min, max: U64_MAX, format: 'uint64' })
}

export function u32To(max: bigint) {
  return integer({ max, format: 'uint32' })
}

/** Whether `value` is an exact integer of unsigned 64 bits. A JsonNumber (`1000.0`, `1e3`) never is. */
export function isU64(value: unknown): value is number | bigint {
  return isIntegerWithin(value, { min: 0n, max: U64_MAX })
}

// `z.int()` cannot take bigint and `z.bigint()` has no JSON Schema, hence one type guard documented by hand.
function integer({ min = 0n, max, format }: Bounds) {
  const limits = max === U64_MAX ? { minimum: Number(min) } : { minimum: Number(min), maximum: Number(max) }
  return z
    .unknown()
    .refine((value): value is number | bigint => isIntegerWithin(value, { min, max }), {
      error: `must be an integer from ${min} to ${max}, written without fraction or exponent`,
      params: { code: 'out_of_range' },
    })
    .meta({ type: 'integer', format, ...limits })
}

function isIntegerWithin(value: unknown, { min, max }: { min: bigint; max: bigint }): value is number | bigint {
  if (typeof value === 'number') return Number.isInteger(value) && BigInt(value) >= min && BigInt(value) <= max
  return typeof value === 'bigint' && value >= min && value <= max
}
