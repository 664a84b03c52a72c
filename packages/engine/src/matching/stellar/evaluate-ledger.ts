import type { LedgerData } from '../../stellar/ledger-data.ts'
import type { StellarIndex } from './ledger-index.ts'
import type { LedgerFacts, LedgerResult } from './ledger-result.ts'

export function evaluateLedger(_index: StellarIndex, _data: LedgerData, _facts: LedgerFacts): LedgerResult {
  throw new Error('to be written')
}
