import type { MonitorConfig } from '../../config/monitor.ts'
import type { LedgerData } from '../../stellar/ledger-data.ts'
import type { StellarExtensions } from './extensions.ts'
import type { LedgerExplanation } from './ledger-explanation.ts'
import type { LedgerFacts } from './ledger-result.ts'

export type ExplainLedgerInput = {
  configuration: MonitorConfig
  extensions?: StellarExtensions | undefined
  /** What the contract ids of assets are derived from. */
  passphrase: string | undefined
  data: LedgerData
  /** Lower-case hex, as in the ledger. */
  txHash: string
  facts: LedgerFacts
}

export function explainLedgerMatch(_input: ExplainLedgerInput): LedgerExplanation {
  throw new Error('to be written')
}
