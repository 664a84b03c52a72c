import type { RpcCallOptions } from '@smt/chains'
import type { SourceBlock } from '../networks/source-chain.ts'
import type { FamilyMatch, FamilyResult } from './family-index.ts'
import type { IndexedMonitor, LiveIndex } from './live-index.ts'

export type BlockMatch = Omit<FamilyMatch, 'key'> & { monitor: IndexedMonitor }
export type BlockFailure = { monitor: IndexedMonitor; error: string }
export type Evaluation = Omit<FamilyResult, 'matches' | 'failures'> & {
  matches: BlockMatch[]
  failures: BlockFailure[]
}

/**
 * Evaluates one block once for all tenants: what the index needs to know of candidates is fetched, then every monitor is
 * judged. A failure concerns the monitor it names and no other.
 */
export async function evaluateForAll(
  live: Pick<LiveIndex, 'index' | 'monitorOf'>,
  block: SourceBlock,
  options: RpcCallOptions,
): Promise<Evaluation> {
  const { matches, failures, ...rest } = await live.index.evaluate(block, options)
  const ownerOf = (key: string): IndexedMonitor => {
    const monitor = live.monitorOf(key)
    if (monitor === undefined) throw new Error('the engine named a monitor that is not in the index')
    return monitor
  }
  return {
    ...rest,
    matches: matches.map(({ key, ...match }) => ({ ...match, monitor: ownerOf(key) })),
    failures: failures.map(({ key, error }) => ({ monitor: ownerOf(key), error })),
  }
}
