import type { MatchArgument } from '../../evm/argument-decoder.ts'
import type { JsonObject } from '../../evm/json-object.ts'
import type { MatchedSignature } from '../match.ts'

/** A status that is neither `SUCCESS` nor a failure is `Any`, and only a condition on any status accepts it (spec/05 §7.1). */
export type StellarStatus = 'Any' | 'Success' | 'Failure'

export type StellarMatchedTransaction = { status: StellarStatus; expression: string | null }

/** A classic operation condition that matched; `type` is that of the operation, never `any`. */
export type MatchedOperation = { type: string; expression: string | null }

/** spec/05 §11.1 `matched_on`. `operations` is ours and there exactly when the monitor has extensions. */
export type StellarMatchedOn = {
  functions: MatchedSignature[]
  events: MatchedSignature[]
  transactions: StellarMatchedTransaction[]
  operations?: MatchedOperation[]
}

export type StellarArgumentEntry = { signature: string; args: MatchArgument[] }

export type OperationEntry = { type: string; args: MatchArgument[] }

/**
 * spec/05 §11.1 `matched_on_args`: `null` when the group did not match. Of events without an expression that OZ Monitor
 * matches too, arguments are left out as OZ Monitor leaves them out (Q2), so the list may be shorter than that of
 * `matched_on`. `operations` is ours and there exactly when the monitor has extensions.
 */
export type StellarMatchedOnArgs = {
  functions: StellarArgumentEntry[] | null
  events: StellarArgumentEntry[] | null
  operations?: OperationEntry[] | null
}

/**
 * Where in the transaction each entry of `matched_on` happened, parallel to it. `operation_index` counts from 0 and is null
 * when the node does not tell. Member names are those of the API.
 */
export type MatchPositions = {
  functions: { operation_index: number }[]
  events: { operation_index: number | null; event_id: string }[]
  operations: { operation_index: number }[]
}

/** What all matches of one transaction share: its output form with `decoded` (spec/05 §4.2). */
export type LedgerItem = { transaction: JsonObject }

/** One monitor matched one transaction of a ledger. */
export type StellarMatch = {
  key: string
  txHash: string
  /** Position in the list of transactions, from 0. */
  txIndex: number
  matchedOn: StellarMatchedOn
  matchedOnArgs: StellarMatchedOnArgs
  positions: MatchPositions
  /** The same object in all matches of a transaction. */
  item: LedgerItem
  /** Output form of the ledger (spec/05 §4.1); the same object in all matches. */
  ledger: JsonObject
}
