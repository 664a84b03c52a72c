import { evaluateBlock, factsNeeded, type BlockData, type EngineMatch, type EvmReceipt } from '@smt/engine'
import type { IndexedMonitor, LiveIndex } from './live-index.ts'

export type BlockMatch = Omit<EngineMatch, 'key'> & { monitor: IndexedMonitor }
export type BlockFailure = { monitor: IndexedMonitor; error: string }
export type Evaluation = { matches: BlockMatch[]; failures: BlockFailure[] }

/** Fetches the receipts of exactly these transactions. */
export type FetchReceipts = (hashes: readonly string[]) => Promise<ReadonlyMap<string, EvmReceipt>>

/**
 * Evaluates one block once for all tenants: what the index needs to know of candidates is fetched, then every monitor is
 * judged. A failure concerns the monitor it names and no other.
 */
export async function evaluateForAll(
  live: Pick<LiveIndex, 'index' | 'monitorOf'>,
  data: BlockData,
  fetchReceipts: FetchReceipts,
): Promise<Evaluation> {
  const { receiptHashes } = factsNeeded(live.index, data)
  const receipts = receiptHashes.length === 0 ? new Map<string, EvmReceipt>() : await fetchReceipts(receiptHashes)
  const { matches, failures } = evaluateBlock(live.index, data, { receipts })
  const ownerOf = (key: string): IndexedMonitor => {
    const monitor = live.monitorOf(key)
    if (monitor === undefined) throw new Error('the engine named a monitor that is not in the index')
    return monitor
  }
  return {
    matches: matches.map(({ key, ...match }) => ({ ...match, monitor: ownerOf(key) })),
    failures: failures.map(({ key, error }) => ({ monitor: ownerOf(key), error })),
  }
}
