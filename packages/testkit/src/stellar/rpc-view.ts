import type { Chain, ClosedLedgerRecord } from './chain.ts'
import type { StellarFaults } from './faults.ts'
import { errorCode, NodeError } from './rpc-error.ts'

/** What a node knows at the moment: its ledgers within retention, minus what a fault hides. */
export type NodeView = {
  oldest: ClosedLedgerRecord
  latest: ClosedLedgerRecord
  ledger(sequence: number): ClosedLedgerRecord | undefined
  /** Page size: what was asked for, else the default; never more than a fault allows. */
  pageSize(asked: number | undefined, standard: number): number
}

export function viewOf(chain: Chain, faults: StellarFaults, retentionLedgers: number): NodeView {
  const latestSequence = chain.latest() - faults.lag
  const oldestSequence = Math.max(chain.first(), latestSequence - retentionLedgers + 1, faults.oldestLedger ?? 0)
  const latest = chain.ledger(latestSequence)
  const oldest = chain.ledger(oldestSequence)
  if (latest === undefined || oldest === undefined || oldestSequence > latestSequence)
    throw new NodeError(errorCode.internal, 'data stores are not initialized')
  return {
    oldest,
    latest,
    ledger: (sequence) => (sequence < oldestSequence || sequence > latestSequence ? undefined : chain.ledger(sequence)),
    pageSize: (asked, standard) => Math.min(asked ?? standard, faults.pageLimit ?? Number.MAX_SAFE_INTEGER),
  }
}

/** The range a node adds to its lists. */
export function rangeOf({ oldest, latest }: NodeView) {
  return {
    latestLedger: latest.sequence,
    latestLedgerCloseTimestamp: latest.closeTime,
    oldestLedger: oldest.sequence,
    oldestLedgerCloseTimestamp: oldest.closeTime,
  }
}

/** The checks `getLedgers` and `getTransactions` share. */
export function checkPagination(
  startLedger: number,
  { cursor, limit }: { cursor: string; limit: number | undefined },
  { oldest, latest }: NodeView,
): void {
  if (cursor !== '') {
    if (startLedger !== 0)
      throw new NodeError(
        errorCode.invalidRequest,
        `startLedger (${startLedger}) and cursor (${cursor}) cannot both be set`,
      )
  } else if (startLedger < oldest.sequence || startLedger > latest.sequence) {
    throw new NodeError(
      errorCode.invalidRequest,
      `start ledger (${startLedger}) must be between the oldest ledger: ${oldest.sequence} ` +
        `and the latest ledger: ${latest.sequence} for this rpc instance`,
    )
  }
  if (limit !== undefined && limit > 200) throw new NodeError(errorCode.invalidRequest, 'limit must not exceed 200')
}
