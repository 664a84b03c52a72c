import { committedBlockOf, type Committer } from '../../ingestion/commit.ts'
import { evaluateForAll } from '../../matching/block-evaluation.ts'
import { loadSingleMonitor } from '../../matching/single-monitor.ts'
import type { FollowedNetwork, SourceChain } from '../../networks/source-chain.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/doors.ts'
import type { Logger } from '../../platform/logger.ts'

/**
 * Evaluates again the blocks that single monitors failed on (design 7.1). What is found late is stored like any match,
 * under the same identity, and the gap closes; what fails again is tried later and stays a gap of that monitor.
 */
export type FailureRetry = {
  retryDue(chain: SourceChain, signal: AbortSignal): Promise<{ isMatched: boolean }>
}

const perPollMax = 10
const lookEveryMs = 10_000

export function createFailureRetry(
  deps: {
    database: Pick<Database, 'withPlatform'>
    committer: Committer
    clock: Pick<Clock, 'now'>
    logger: Pick<Logger, 'warn'>
  },
  source: { id: string; network: FollowedNetwork },
): FailureRetry {
  const { database, committer, clock, logger } = deps
  const { id: sourceId } = source
  let lookAgainAtMs = Number.NEGATIVE_INFINITY
  return {
    retryDue: async (chain, signal) => {
      if (clock.now().getTime() < lookAgainAtMs) return { isMatched: false }
      lookAgainAtMs = clock.now().getTime() + lookEveryMs
      let isMatched = false
      for (const failure of await committer.listDueFailures(sourceId, perPollMax)) {
        try {
          const single = await loadSingleMonitor(database, source, failure)
          const block = await chain.block(failure.blockNumber, { signal })
          if (single === undefined) throw new Error('the version of the monitor is gone')
          if (block.header.hash !== failure.blockHash) throw new Error('the block is not part of the chain any more')
          const evaluation = await evaluateForAll(single, block, { signal })
          await committer.repair(sourceId, {
            failure,
            block: { ...committedBlockOf(block.header), family: block.type, ...evaluation },
          })
          isMatched ||= evaluation.matches.length > 0
          const [still] = evaluation.failures
          if (still !== undefined) throw new Error(still.error)
        } catch (error) {
          if (signal.aborted) return { isMatched }
          logger.warn({ sourceId, tenantId: failure.tenantId, err: error }, 'a monitor failed on a block again')
          await committer.postpone(failure, error instanceof Error ? error.message : String(error))
        }
      }
      return { isMatched }
    },
  }
}
