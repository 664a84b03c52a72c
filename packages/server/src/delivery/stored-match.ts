import { monitorSchema } from '@smt/engine'
import { z } from 'zod'
import { isJsonObject, type JsonObject } from '../tenants/json-object.ts'

// As it is, not rebuilt: the order of its keys, fields that are not known and the digits of numbers belong to the match.
const chainObject = z.custom<JsonObject>(isJsonObject, { error: 'must be an object' })

const signature = z.object({ signature: z.string(), expression: z.string().nullable() })

const argumentEntry = z.object({
  signature: z.string(),
  args: z.array(z.object({ name: z.string(), value: z.string(), indexed: z.boolean(), kind: z.string() })),
  hex_signature: z.string(),
})

/** What ingestion stores of a match, as the engine made it; whatever else is found there is an error, never an alert. */
export const storedMatchSchema = z.object({
  monitor: monitorSchema,
  item: z.object({ transaction: chainObject, logs: z.array(chainObject), receipt: chainObject.nullable() }),
  matchedOn: z.object({
    functions: z.array(signature),
    events: z.array(signature),
    transactions: z.array(z.object({ status: z.enum(['Success', 'Failure']), expression: z.string().nullable() })),
  }),
  matchedOnArgs: z.object({
    functions: z.array(argumentEntry).nullable(),
    events: z.array(argumentEntry).nullable(),
  }),
})
