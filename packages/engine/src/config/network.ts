import { z } from 'zod'
import { cronProblem } from './cron.ts'
import { isU64, u32, u32To, u64, u64From } from './integer.ts'
import { secretSchema } from './secret.ts'

export const networkTypes = ['EVM', 'Stellar', 'Midnight', 'Solana'] as const
export type NetworkType = (typeof networkTypes)[number]

const rpcUrlSchema = z
  .strictObject({
    type_: z.string().describe('`rpc`; `ws_rpc` on Midnight.'),
    url: secretSchema,
    weight: u32To(100n).describe('Priority, 0 to 100: the highest is asked first, 0 is never used.'),
  })
  .describe('One endpoint of a network.')

const recoveryConfigSchema = z
  .strictObject({
    enabled: z.boolean(),
    cron_schedule: z.string(),
    max_blocks_per_run: u64,
    max_block_age: u64,
    max_retries: u32,
    retry_delay_ms: u64,
  })
  .describe('Accepted and exported; repair of missed blocks is built in.')

const maxPastBlocksSchema = z
  .unknown()
  .refine((value): value is number | bigint | 'unlimited' => value === 'unlimited' || (isU64(value) && value >= 1), {
    error: 'must be an integer of at least 1 (without fraction or exponent) or the string "unlimited"',
    params: { code: 'invalid_value' },
  })
  .meta({ anyOf: [{ type: 'integer', format: 'uint64', minimum: 1 }, { const: 'unlimited' }] })

/** A network in the form of spec/01 §3. Nothing is filled in: absent stays absent and null stays null. */
export const networkSchema = z
  .strictObject({
    network_type: z.enum(networkTypes).describe('The chain family.'),
    slug: z
      .string()
      .regex(/^[a-z0-9_]*$/, { error: 'may hold only the characters a-z, 0-9 and _' })
      .describe('The id monitors refer to.'),
    name: z.string().min(1, { error: 'must not be empty' }).describe('A label for people.'),
    rpc_urls: z.array(rpcUrlSchema).describe('Endpoints, tried in descending weight.'),
    chain_id: u64.nullable().exactOptional().describe('The chain id.'),
    network_passphrase: z.string().nullable().exactOptional().describe('The Stellar network passphrase.'),
    block_time_ms: u64From(100n).describe('The average time between blocks in milliseconds, at least 100.'),
    confirmation_blocks: u64From(1n).describe('How many blocks to stay behind the tip, at least 1.'),
    cron_schedule: z
      .string()
      .check((context) => {
        const message = cronProblem(context.value)
        if (message) {
          context.issues.push({ code: 'custom', message, input: context.value, params: { code: 'invalid_cron' } })
        }
      })
      .describe(
        'When to look for new blocks, in UTC: seconds, minutes, hours, day of month, month, day of week, [year].',
      ),
    max_past_blocks: maxPastBlocksSchema
      .nullable()
      .exactOptional()
      .describe('At most how many blocks to catch up; "unlimited" or absent never skips.'),
    store_blocks: z
      .boolean()
      .nullable()
      .exactOptional()
      .describe('Accepted and exported; blocks are not written to files.'),
    recovery_config: recoveryConfigSchema.nullable().exactOptional(),
  })
  .meta({ title: 'Network configuration', description: 'A network in the format of OpenZeppelin Monitor.' })

export type NetworkConfig = z.infer<typeof networkSchema>
