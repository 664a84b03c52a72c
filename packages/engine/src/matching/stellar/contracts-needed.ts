import type { LedgerData } from '../../stellar/ledger-data.ts'
import { callsToRead } from './calls-to-read.ts'
import { isOnChain } from './contract-interfaces.ts'
import type { WatchGroup } from './contract-watchers.ts'
import { ledgerDecodingOf } from './ledger-decoding.ts'
import type { StellarIndex } from './ledger-index.ts'

/** The contracts (`C…`, each once) whose spec on chain evaluateLedger will ask for: those of candidates only. */
export function contractsNeeded({ lookup }: StellarIndex, data: LedgerData): string[] {
  const decoding = ledgerDecodingOf(data)
  const needed = new Set<string>()
  const ask = (contractId: string, groups: readonly WatchGroup[] | undefined): void => {
    if (groups?.some(({ source }) => source === 'chain') && isOnChain(contractId)) needed.add(contractId)
  }
  const txHashes = new Set(data.transactions.map(({ hash }) => hash))
  for (const { type, contractId, txHash } of data.events) {
    if (type !== 'system' && txHashes.has(txHash)) ask(contractId, lookup.watchersOf(contractId)?.onEvent)
  }
  for (const transaction of data.transactions) {
    for (const { contractId } of callsToRead(lookup, transaction, decoding).calls) {
      ask(contractId, lookup.watchersOf(contractId)?.onCall)
    }
  }
  return [...needed]
}
