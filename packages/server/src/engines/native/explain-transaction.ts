import {
  compileStellarMonitors,
  contractsNeeded,
  explainLedgerMatch,
  explainMatch,
  type Explanation,
  type JsonValue,
  type LedgerData,
  type LedgerExplanation,
  type MonitorConfig,
} from '@smt/engine'
import { stellarExtensionsOf } from '../../matching/stellar-index.ts'
import type { LocatedTransaction, StellarSourceBlock } from '../../networks/source-chain.ts'

export type FamilyExplanation =
  | { type: 'EVM'; explanation: Explanation }
  | { type: 'Stellar'; explanation: LedgerExplanation }

/** A monitor as it is explained; `passphrase` is that of its network on Stellar. */
export type AskedMonitor = { configuration: MonitorConfig; extensions: JsonValue; passphrase: string | undefined }

/** Why a monitor matches a transaction or does not, by the engine of the chain's family. */
export async function explainTransaction(located: LocatedTransaction, asked: AskedMonitor): Promise<FamilyExplanation> {
  switch (located.type) {
    case 'EVM': {
      const { block, txHash, receipt } = located
      const { configuration } = asked
      return { type: 'EVM', explanation: explainMatch({ configuration, data: block.data, txHash, receipt }) }
    }
    case 'Stellar':
      return { type: 'Stellar', explanation: await explainOnLedger(located, asked) }
  }
}

async function explainOnLedger(
  { block, txHash }: { block: StellarSourceBlock; txHash: string },
  { configuration, extensions, passphrase }: AskedMonitor,
): Promise<LedgerExplanation> {
  const monitor = { key: '', configuration, extensions: stellarExtensionsOf(extensions) }
  const index = compileStellarMonitors({ slug: '', passphrase }, [monitor])
  const { specs } = await block.contractSpecs(contractsNeeded(index, onlyOf(block.data, txHash)))
  return explainLedgerMatch({ ...monitor, passphrase, data: block.data, txHash, facts: { specs } })
}

/** What else happened in the ledger asks for no spec here. */
function onlyOf({ ledger, transactions, events }: LedgerData, txHash: string): LedgerData {
  return {
    ledger,
    transactions: transactions.filter(({ hash }) => hash === txHash),
    events: events.filter((event) => event.txHash === txHash),
  }
}
