import { networkSchema } from '@smt/engine'
import { z } from 'zod'
import { documentedEnvelopeShape, envelopeShape } from '../tenants/envelope.ts'
import { writeWarnings } from '../tenants/write-warnings.ts'

/** The address of a block explorer; null when there is none. */
export const explorerUrl = z
  .string()
  .max(2_048)
  .refine(isHttpUrl, 'The explorer URL must be an http or https URL without credentials.')
  .nullable()
  .default(null)
  .meta({ description: 'Where people look at blocks and transactions of this network.' })

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === ''
}

/** What stands beside the configuration of a network when it is written. */
export const networkEnvelope = z.strictObject({ explorer_url: explorerUrl, ...envelopeShape })

export const networkBody = z
  .strictObject({ configuration: networkSchema, explorer_url: explorerUrl, ...documentedEnvelopeShape })
  .meta({ id: 'NetworkInput' })

const blockNumber = z.int().nonnegative()
const time = z.iso.datetime()

const sourceStatusShape = {
  state: z.enum(['idle', 'following', 'catching_up', 'failing', 'stopped']),
  code: z.string().nullable(),
  message: z.string().nullable(),
  head: blockNumber.nullable(),
  confirmed: blockNumber.nullable(),
  cursor: z.object({ number: blockNumber, hash: z.string().nullable(), time: time.nullable() }).nullable(),
  lag_blocks: blockNumber.nullable().meta({ description: 'Confirmed blocks that are not evaluated yet.' }),
  lag_s: z
    .int()
    .nonnegative()
    .nullable()
    .meta({ description: 'Seconds since the network was last known to be caught up.' }),
  failing_since: time.nullable(),
  polled_at: time.nullable(),
  undecoded: z.object({ parts: z.int().positive(), last_block: blockNumber }).nullable().meta({
    description: 'Parts of blocks that this version cannot decode; monitors that they may concern failed there.',
  }),
}

const networkShape = {
  id: z.uuid(),
  network_id: z.string(),
  name: z.string(),
  network_type: z.enum(['EVM', 'Stellar', 'Solana', 'Midnight']),
  configuration: z
    .record(z.string(), z.unknown())
    .meta({ description: 'The OZ Monitor object. Secrets are masked; a shared network shows no endpoints.' }),
  explorer_url: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  extensions: z.record(z.string(), z.unknown()),
  shared: z.boolean().meta({ description: 'Offered by the operator: it can be used, not changed.' }),
  is_active: z.boolean(),
  version: z.int().positive(),
  status: z.object(sourceStatusShape).nullable(),
  created_at: time,
  updated_at: time,
}

export const networkAnswer = z.object(networkShape).meta({ id: 'Network' })

export const savedNetworkAnswer = z.object({ ...networkShape, warnings: writeWarnings }).meta({ id: 'SavedNetwork' })

export const networkPage = z.object({ items: z.array(networkAnswer), next_cursor: z.string().nullable() })

export const networkStatusAnswer = z
  .object({
    network_id: z.string(),
    shared: z.boolean(),
    ...sourceStatusShape,
    gaps: z
      .array(
        z.object({
          from_block: blockNumber,
          to_block: blockNumber,
          state: z.enum(['skipped', 'unavailable']),
          reason: z.string().nullable(),
          created_at: time,
        }),
      )
      .meta({ description: 'The latest block ranges that were not evaluated, newest first.' }),
  })
  .meta({ id: 'NetworkStatus' })
