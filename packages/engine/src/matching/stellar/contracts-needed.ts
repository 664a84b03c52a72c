import type { LedgerData } from '../../stellar/ledger-data.ts'
import type { StellarIndex } from './ledger-index.ts'

/** The contracts (`C…`, each once) whose spec on chain evaluateLedger will ask for: those of candidates only. */
export function contractsNeeded(_index: StellarIndex, _data: LedgerData): string[] {
  throw new Error('to be written')
}
