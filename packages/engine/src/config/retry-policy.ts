import { z } from 'zod'
import { u32, u64 } from './integer.ts'

const durationSchema = z
  .union([z.strictObject({ secs: u64, nanos: u32 }), z.tuple([u64, u32])], {
    error: 'must be a duration like {"secs": 1, "nanos": 0} or [1, 0]',
  })
  .describe('A duration: {"secs", "nanos"} or [secs, nanos].')

/** Retry settings of a trigger (spec/01 §8.4): every field may be absent, unknown ones are ignored and kept. */
export const retryPolicySchema = z
  .looseObject({
    max_retries: u32.exactOptional().describe('Default 3.'),
    base_for_backoff: u32.exactOptional().describe('Default 2.'),
    initial_backoff: durationSchema.exactOptional().describe('Default 250 ms.'),
    max_backoff: durationSchema.exactOptional().describe('Default 10 s.'),
    jitter: z.enum(['none', 'full']).exactOptional().describe('Default full.'),
  })
  .describe('How often and how fast a failed delivery is repeated.')

export type RetryPolicy = z.infer<typeof retryPolicySchema>

/** A duration in nanoseconds; undefined when `value` has not the shape of one. */
export function durationNanoseconds(value: unknown): bigint | undefined {
  const parsed = durationSchema.safeParse(value)
  if (!parsed.success) return undefined
  const [secs, nanos] = Array.isArray(parsed.data) ? parsed.data : [parsed.data.secs, parsed.data.nanos]
  return BigInt(secs) * 1_000_000_000n + BigInt(nanos)
}
