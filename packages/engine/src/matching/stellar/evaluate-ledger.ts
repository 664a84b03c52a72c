import type { LedgerData } from '../../stellar/ledger-data.ts'
import { createInterfaceLookup } from './contract-interfaces.ts'
import { findUpgrades } from './contract-upgrades.ts'
import { evaluateLedgerMonitor } from './evaluate-ledger-monitor.ts'
import { findLedgerCandidates } from './ledger-candidates.ts'
import { ledgerDecodingOf } from './ledger-decoding.ts'
import type { StellarIndex } from './ledger-index.ts'
import { createItem } from './ledger-item.ts'
import type { LedgerItem, StellarMatch } from './ledger-match.ts'
import type { LedgerFacts, LedgerResult } from './ledger-result.ts'
import { createUndecodedList } from './undecoded-list.ts'

/**
 * Evaluates all monitors of the index on one ledger (spec/05 §7 to §10), with at most one match of a monitor for a
 * transaction. The order is that of the transactions, then that in which the monitors were added; OZ Monitor's is the other
 * way round (§10.4), which whoever prints matches may sort by. Whatever the ledger holds ends in `failures` and `undecoded`
 * of those it concerns. The result depends on nothing but the arguments. Throws EngineError `missing_fact` when a spec that
 * contractsNeeded named is not among the facts.
 */
export function evaluateLedger(index: StellarIndex, data: LedgerData, facts: LedgerFacts): LedgerResult {
  const { lookup } = index
  const decoding = ledgerDecodingOf(data)
  const undecoded = createUndecodedList()
  const failures = new Map<string, string>()
  const matches: StellarMatch[] = []
  let candidateCount = 0

  const found = findLedgerCandidates({ lookup, decoding, data, interfaceOf: createInterfaceLookup(facts) })
  for (const { transaction, txIndex, subject, candidates, failures: failed } of found) {
    let item: LedgerItem | undefined
    candidateCount += candidates.length
    for (const { monitor, error } of failed) fail(monitor.key, error)
    for (const candidate of candidates) {
      const { key } = candidate.monitor
      try {
        const evidence = evaluateLedgerMonitor(candidate, subject)
        if (evidence === undefined) continue
        item ??= createItem(transaction, { decoding, undecoded })
        matches.push({ key, txHash: transaction.hash, txIndex, ...evidence, item, ledger: data.ledger.json })
      } catch (error) {
        fail(key, error)
      }
    }
    for (const { error, part } of failed) undecoded.add(transaction.hash, part, error)
    // A monitor that was found by something else may have needed it as well.
    const problem = decoding.envelopeProblem(transaction)
    if (problem !== undefined) undecoded.add(transaction.hash, 'envelope', problem)
  }
  for (const event of data.events) {
    if (event.type === 'system' || !lookup.watchersOf(event.contractId)?.onEvent.length) continue
    const { problem } = decoding.event(event)
    if (problem !== undefined) undecoded.add(event.txHash, 'event', problem)
  }

  function fail(key: string, error: unknown): void {
    if (!failures.has(key)) failures.set(key, error instanceof Error ? error.message : String(error))
  }

  return {
    matches,
    failures: [...failures].map(([key, error]) => ({ key, error })),
    candidates: candidateCount,
    bytes: decoding.bytes.result(),
    undecoded: undecoded.list(),
    upgrades: findUpgrades(lookup, data.events),
  }
}
