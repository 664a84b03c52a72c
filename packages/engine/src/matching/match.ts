import type { MatchArgument } from '../evm/argument-decoder.ts'
import type { JsonObject } from '../evm/json-object.ts'

/** An event or function condition that matched: the canonical signature and the text of the expression. */
export type MatchedSignature = { signature: string; expression: string | null }

/** A transaction condition that matched; `status` is that of the transaction, never `Any`. */
export type MatchedTransaction = { status: 'Success' | 'Failure'; expression: string | null }

/** spec/04 §8.1 `matched_on`: a group that is not configured, or did not match, is empty. */
export type MatchedOn = {
  functions: MatchedSignature[]
  events: MatchedSignature[]
  transactions: MatchedTransaction[]
}

/** spec/04 §8.2. */
export type ArgumentEntry = { signature: string; args: MatchArgument[]; hex_signature: string }

/** spec/04 §8.1 `matched_on_args`: parallel to the groups of `matched_on`; `null` when the group did not match. */
export type MatchedOnArgs = { functions: ArgumentEntry[] | null; events: ArgumentEntry[] | null }

/** What all matches of one transaction share, in output form. `receipt` is there when it was fetched for anyone. */
export type ChainItem = { transaction: JsonObject; logs: JsonObject[]; receipt: JsonObject | null }

/** One monitor matched one transaction. */
export type EngineMatch = {
  key: string
  txHash: string
  /** Position in the block's list of transactions, from 0. */
  txIndex: number
  matchedOn: MatchedOn
  matchedOnArgs: MatchedOnArgs
  /** Whether the match object shows the receipt (spec/04 §3). */
  withReceipt: boolean
  /** The same object in all matches of a transaction. */
  item: ChainItem
}
