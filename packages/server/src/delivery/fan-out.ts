import type { Database } from '../platform/db/doors.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import type { Metrics } from '../platform/metrics.ts'
import {
  countMatches,
  insertAlerts,
  insertDigests,
  listPendingTenants,
  lockPendingMatches,
  markFannedOut,
  type BlockOfMonitor,
} from './fan-out-store.ts'

export type FanOutDeps = { database: Pick<Database, 'withPlatform'>; metrics: Pick<Metrics, 'fanoutMatches'> }

/**
 * Turns pending matches into deliveries; a pending match is the outbox (design 7.5). Tenants take turns around the ring of
 * their ids: each has its part of every batch, so nobody's matches wait behind the thousands of somebody else.
 */
export type FanOut = {
  /**
   * One bounded transaction: one delivery for each trigger of the monitor version that matched, or one digest per
   * trigger when the monitor matched more than 1,000 transactions of a block. Repeating it makes nothing twice.
   */
  runBatch(): Promise<{ matches: number; deliveries: number }>
}

export const batchSizeMax = 500
const firstId = '00000000-0000-0000-0000-000000000000'
const singleAlertsMax = 1_000

export type FanOutOptions = {
  /** Tenants that share a batch. */
  tenantsMax?: number
}

export function createFanOut({ database, metrics }: FanOutDeps, { tenantsMax = 50 }: FanOutOptions = {}): FanOut {
  let after = firstId

  /** The next tenants of the ring. */
  const nextTenants = async (tx: PlatformTx): Promise<string[]> => {
    const found = await listPendingTenants(tx, { after, limit: tenantsMax })
    return found.length > 0 || after === firstId ? found : listPendingTenants(tx, { after: firstId, limit: tenantsMax })
  }

  return {
    runBatch: async () => {
      const done = await database.withPlatform(async (tx) => {
        const tenantIds = await nextTenants(tx)
        after = (tenantIds.length === tenantsMax ? tenantIds.at(-1) : undefined) ?? firstId
        if (tenantIds.length === 0) return { matches: 0, deliveries: 0 }
        const perTenant = Math.ceil(batchSizeMax / tenantIds.length)
        const pending = await lockPendingMatches(tx, { tenantIds, perTenant })
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
