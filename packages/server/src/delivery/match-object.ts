import type { JsonValue } from '@smt/engine'
import { maskConfiguration } from '../tenants/secret-configuration.ts'
import type { MatchObject } from '../triggers/channels/channel.ts'
import { assemblers } from './stored-match.ts'

/** What is stored of a match, in parts. */
export type StoredMatch = {
  /** Which family of chains it is of; what the parts look like follows from it. */
  family: string
  networkSlug: string
  /** Configuration of the monitor version that matched. */
  monitor: JsonValue
  /** The transaction with what belongs to it, stored once for all who matched it. */
  item: JsonValue
  /** What is shown of the block, stored once for all matches in it; null when nothing is. */
  block: JsonValue
  matchedOn: JsonValue
  matchedOnArgs: JsonValue
  /** Where what matched happened; null when the family does not tell. */
  positions: JsonValue
  withReceipt: boolean
}

/**
 * The match object of OZ Monitor; it is assembled when it is read or sent, never stored (design 7.3). Secrets of the
 * monitor (viewing keys) are masked: OZ Monitor shows them to every receiver.
 *
 * @throws ZodError when what is stored is not what ingestion stores.
 */
export function matchObjectOf({ family, monitor, ...stored }: StoredMatch): MatchObject {
  const assemble = assemblers.get(family)
  if (assemble === undefined) throw new Error('a match of an unknown family of chains is stored')
  return assemble({ ...stored, monitor: maskConfiguration('monitor', monitor) })
}
