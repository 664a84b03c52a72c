import type { StellarSpec } from '../../config/stellar-spec.ts'
import type { ExecutableUpdate } from '../../stellar/executable-update.ts'
import type { StellarMatch } from './ledger-match.ts'

/** By contract (`C…`): the spec on chain, `null` when it has none; at least those that contractsNeeded names. */
export type LedgerFacts = { specs: ReadonlyMap<string, StellarSpec | null> }

/** XDR that the decoder does not know or that is broken. What needed it is in `failures`. */
export type Undecoded = {
  txHash: string
  part: 'envelope' | 'result' | 'meta' | 'event' | 'diagnostic_event'
  error: string
}

/** A contract whose executable changed in this ledger: a spec that was fetched before is out of date. */
export type ContractUpgrade = ExecutableUpdate & {
  txHash: string
  eventId: string
  operationIndex: number | undefined
  /** The monitors that watch the contract, in the order they were added. */
  keys: string[]
}

/**
 * `failures`: monitors that could not be evaluated on some transaction of the ledger; their matches of other transactions
 * are kept. `candidates`: how many times a monitor was looked at because of a transaction. `bytes`: of the XDR in the
 * ledger's transactions and events.
 */
export type LedgerResult = {
  matches: StellarMatch[]
  failures: { key: string; error: string }[]
  candidates: number
  bytes: { decoded: number; skipped: number }
  undecoded: Undecoded[]
  upgrades: ContractUpgrade[]
}
