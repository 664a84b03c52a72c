import { assembleMatch, monitorSchema } from '@smt/engine'
import { z } from 'zod'
import type { ChainFamily } from '../networks/source-chain.ts'
import { isJsonObject, type JsonObject } from '../tenants/json-object.ts'
import type { MatchObject } from '../triggers/channels/channel.ts'
import type { StoredMatch } from './match-object.ts'

// As it is, not rebuilt: the order of its keys, fields that are not known and the digits of numbers belong to the match.
const chainObject = z.custom<JsonObject>(isJsonObject, { error: 'must be an object' })

const signature = z.object({ signature: z.string(), expression: z.string().nullable() })
const argument = z.object({ name: z.string(), value: z.string(), indexed: z.boolean(), kind: z.string() })
const entry = z.object({ signature: z.string(), args: z.array(argument) })
const matchedOn = z.object({
  functions: z.array(signature),
  events: z.array(signature),
  transactions: z.array(z.object({ status: z.enum(['Success', 'Failure']), expression: z.string().nullable() })),
})

const evmEntry = entry.extend({ hex_signature: z.string() })

/** What ingestion stores of a match, as the engine made it; whatever else is found there is an error, never an alert. */
const evmMatchSchema = z.object({
  monitor: monitorSchema,
  item: z.object({ transaction: chainObject, logs: z.array(chainObject), receipt: chainObject.nullable() }),
  matchedOn,
  matchedOnArgs: z.object({ functions: z.array(evmEntry).nullable(), events: z.array(evmEntry).nullable() }),
})

const operation = z.object({ type: z.string() })
const operationIndex = z.number().int().nonnegative()
const inOperation = z.array(z.object({ operation_index: operationIndex }))

/** The same of a Stellar match. What operations say is there exactly when the monitor has extensions. */
const stellarMatchSchema = z.object({
  monitor: monitorSchema,
  item: z.object({ transaction: chainObject }),
  block: chainObject,
  matchedOn: matchedOn.extend({
    transactions: z.array(
      z.object({ status: z.enum(['Any', 'Success', 'Failure']), expression: z.string().nullable() }),
    ),
    operations: z.array(operation.extend({ expression: z.string().nullable() })).exactOptional(),
  }),
  matchedOnArgs: z.object({
    functions: z.array(entry).nullable(),
    events: z.array(entry).nullable(),
    operations: z
      .array(operation.extend({ args: z.array(argument) }))
      .nullable()
      .exactOptional(),
  }),
  positions: z.object({
    functions: inOperation,
    events: z.array(z.object({ operation_index: operationIndex.nullable(), event_id: z.string() })),
    operations: inOperation,
  }),
})

type Assemble = (stored: Omit<StoredMatch, 'family'>) => MatchObject

const byFamily: Record<ChainFamily, Assemble> = {
  EVM: ({ networkSlug, withReceipt, ...stored }) =>
    assembleMatch({ chain: 'EVM', networkSlug, withReceipt, ...evmMatchSchema.parse(stored) }),
  Stellar: ({ networkSlug, ...stored }) => {
    const { block: ledger, ...parts } = stellarMatchSchema.parse(stored)
    return assembleMatch({ chain: 'Stellar', networkSlug, ledger, ...parts })
  },
}

/** How the match object of each family of chains is put together from what is stored. */
export const assemblers: ReadonlyMap<string, Assemble> = new Map(Object.entries(byFamily))

export type BodyPart = 'item' | 'block' | 'matchedOn' | 'matchedOnArgs' | 'positions'

const nothingMatched = { functions: [], events: [], transactions: [] }

/** What is left of a match whose body was removed, as a match that says nothing but its transaction. */
const emptyByFamily: Record<ChainFamily, (txHash: string) => Pick<StoredMatch, BodyPart>> = {
  EVM: (txHash) => ({
    item: { transaction: { hash: txHash }, logs: [], receipt: null },
    block: null,
    matchedOn: nothingMatched,
    matchedOnArgs: { functions: null, events: null },
    positions: null,
  }),
  Stellar: (txHash) => ({
    item: { transaction: { txHash } },
    block: {},
    matchedOn: nothingMatched,
    matchedOnArgs: { functions: null, events: null },
    positions: { functions: [], events: [], operations: [] },
  }),
}

export const withoutBody: ReadonlyMap<string, (txHash: string) => Pick<StoredMatch, BodyPart>> = new Map(
  Object.entries(emptyByFamily),
)
