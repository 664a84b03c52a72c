import type { EvmReceipt } from '../../evm/receipt.ts'
import { type BlockData, currentLogs, findCandidates } from './candidates.ts'
import type { CompiledMonitor } from './compiled-monitor.ts'
import { decodingOf } from './decoding.ts'
import { createSubject, evaluateMonitor } from './evaluate-monitor.ts'
import type { ChainItem, EngineMatch } from '../match.ts'
import type { MonitorIndex } from './monitor-index.ts'
import { receiptVariable } from './transaction-parameters.ts'

/** By transaction hash; at least those that factsNeeded names. */
export type BlockFacts = { receipts: ReadonlyMap<string, EvmReceipt> }

/** A monitor that could not be evaluated on the whole block; it has no match then. */
export type EvaluationFailure = { key: string; error: string }

/** `candidates`: how many times a monitor was looked at because of a transaction; the rest was ruled out by the index. */
export type BlockResult = { matches: EngineMatch[]; failures: EvaluationFailure[]; candidates: number }

/**
 * Evaluates all monitors of the index on one block (spec/04 §4), with at most one match of a monitor for a transaction. The
 * order is that of the transactions, then that in which the monitors were added. An exception concerns only the monitor it
 * happened in. The result depends on nothing but the arguments.
 */
export function evaluateBlock(index: MonitorIndex, { block, logs }: BlockData, facts: BlockFacts): BlockResult {
  const current = currentLogs(logs)
  const failures = new Map<string, string>()
  const matches: EngineMatch[] = []
  let candidateCount = 0

  for (const found of findCandidates(index, { block, logs: current }, decodingOf(block))) {
    const { transaction, txIndex, candidates } = found
    const receipt = facts.receipts.get(transaction.hash)
    const subject = createSubject(transaction, receipt)
    let item: ChainItem | undefined
    candidateCount += candidates.length
    for (const candidate of candidates) {
      const { key } = candidate.monitor
      if (failures.has(key)) continue
      try {
        const evidence = evaluateMonitor(candidate, subject)
        if (evidence === undefined) continue
        item ??= {
          transaction: transaction.json,
          logs: found.logs.map((log) => log.json),
          receipt: receipt?.json ?? null,
        }
        const withReceipt = showsReceipt(candidate.monitor, current.length)
        matches.push({ key, txHash: transaction.hash, txIndex, ...evidence, withReceipt, item })
      } catch (error) {
        failures.set(key, error instanceof Error ? error.message : String(error))
      }
    }
  }

  return {
    matches: matches.filter(({ key }) => !failures.has(key)),
    failures: [...failures].map(([key, error]) => ({ key, error })),
    candidates: candidateCount,
  }
}

/**
 * OZ Monitor fetches receipts, and so shows them, for conditions on the status when the block has no log at all, and
 * whenever the text of an expression contains `gas_used`, be it in a literal (spec/04 §3).
 */
function showsReceipt({ transactionConditions }: CompiledMonitor, logCount: number): boolean {
  return transactionConditions.some(
    ({ status, expression }) =>
      (status !== 'Any' && logCount === 0) || (expression !== null && expression.text.includes(receiptVariable)),
  )
}
