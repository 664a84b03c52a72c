import type { Database } from '../platform/db/doors.ts'
import type { Metrics } from '../platform/metrics.ts'
import {
  countMatches,
  insertAlerts,
  insertDigests,
  lockPendingMatches,
  markFannedOut,
  type BlockOfMonitor,
} from './fan-out-store.ts'

export type FanOutDeps = { database: Pick<Database, 'withPlatform'>; metrics: Pick<Metrics, 'fanoutMatches'> }

/** Turns pending matches into deliveries; a pending match is the outbox (design 7.5). */
export type FanOut = {
  /**
   * One bounded transaction: one delivery for each trigger of the monitor version that matched, or one digest per
   * trigger when the monitor matched more than 1,000 transactions of a block. Repeating it makes nothing twice.
   */
  runBatch(): Promise<{ matches: number; deliveries: number }>
}

export const batchSizeMax = 500
const singleAlertsMax = 1_000

export function createFanOut({ database, metrics }: FanOutDeps): FanOut {
  return {
    runBatch: async () => {
      const done = await database.withPlatform(async (tx) => {
        const pending = await lockPendingMatches(tx, batchSizeMax)
        if (pending.length === 0) return { matches: 0, deliveries: 0 }
        const live = pending.filter((match) => !match.isOrphaned)
        const counts = await countMatches(tx, distinctBlocks(live))
        const crowded = counts.filter((block) => block.count > singleAlertsMax)
        const crowdedKeys = new Set(crowded.map(blockKey))
        const alerts = await insertAlerts(
          tx,
          live.filter((match) => !crowdedKeys.has(blockKey(match))),
        )
        const digests = crowded.length === 0 ? 0 : await insertDigests(tx, crowded)
        await markFannedOut(tx, pending)
        return { matches: pending.length, deliveries: alerts + digests }
      })
      metrics.fanoutMatches.inc(done.matches)
      return done
    },
  }
}

function distinctBlocks(matches: readonly BlockOfMonitor[]): BlockOfMonitor[] {
  return [...new Map(matches.map((match) => [blockKey(match), match])).values()]
}

function blockKey({ tenantId, monitorId, sourceId, blockHash }: BlockOfMonitor): string {
  return `${tenantId} ${monitorId} ${sourceId} ${blockHash}`
}
