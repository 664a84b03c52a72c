import { type BlockData, currentLogs, findCandidates } from './candidates.ts'
import { decodingOf } from './decoding.ts'
import { createSubject, needsReceipt } from './evaluate-monitor.ts'
import type { MonitorIndex } from './monitor-index.ts'

/** What evaluateBlock needs besides block and logs. */
export type FactsNeeded = { receiptHashes: string[] }

/** The transactions whose receipts evaluateBlock will ask for: those where only the receipt is left to decide. */
export function factsNeeded(index: MonitorIndex, { block, logs }: BlockData): FactsNeeded {
  const found = findCandidates(index, { block, logs: currentLogs(logs) }, decodingOf(block))
  const undecided = found.filter(({ transaction, candidates }) => {
    const subject = createSubject(transaction, undefined)
    return candidates.some((candidate) => needsReceipt(candidate, subject))
  })
  return { receiptHashes: undecided.map(({ transaction }) => transaction.hash) }
}
