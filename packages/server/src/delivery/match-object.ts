import { assembleMatch, type JsonValue } from '@smt/engine'
import { maskConfiguration } from '../tenants/secret-configuration.ts'
import type { MatchObject } from '../triggers/channels/channel.ts'
import { storedMatchSchema } from './stored-match.ts'

/** What is stored of a match, in parts. */
export type StoredMatch = {
  networkSlug: string
  /** Configuration of the monitor version that matched. */
  monitor: JsonValue
  /** The transaction with its logs and receipt, stored once for all who matched it. */
  item: JsonValue
  matchedOn: JsonValue
  matchedOnArgs: JsonValue
  withReceipt: boolean
}

/**
 * The match object of OZ Monitor; it is assembled when it is read or sent, never stored (design 7.3). Secrets of the
 * monitor (viewing keys) are masked: OZ Monitor shows them to every receiver.
 *
 * @throws ZodError when what is stored is not what ingestion stores.
 */
export function matchObjectOf({
  networkSlug,
  withReceipt,
  monitor,
  item,
  matchedOn,
  matchedOnArgs,
}: StoredMatch): MatchObject {
  const parts = storedMatchSchema.parse({
    monitor: maskConfiguration('monitor', monitor),
    item,
    matchedOn,
    matchedOnArgs,
  })
  return assembleMatch({ chain: 'EVM', networkSlug, withReceipt, ...parts })
}
