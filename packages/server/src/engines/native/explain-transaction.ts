import { explainMatch, type Explanation, type MonitorConfig } from '@smt/engine'
import type { LocatedTransaction } from '../../networks/source-chain.ts'

export type FamilyExplanation = Explanation

/** Why a monitor matches a transaction or does not, by the engine of the chain's family. */
export async function explainTransaction(
  located: LocatedTransaction,
  { configuration }: { configuration: MonitorConfig },
): Promise<FamilyExplanation> {
  const { block, txHash, receipt } = located
  return explainMatch({ configuration, data: block.data, txHash, receipt })
}
