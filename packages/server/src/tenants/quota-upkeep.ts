import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createLoop } from '../platform/supervised-loop.ts'
import { insertAuditEvent } from './audit-store.ts'
import { noteQuotaUse } from './quota-notices.ts'
import { countObjects, listDrift, listUnnoticedUse, lockUsed, setUsed, type Drift } from './quota-upkeep-store.ts'

export type QuotaUpkeepDeps = {
  database: Pick<Database, 'withPlatform'>
  clock: Clock
  logger: Logger
  metrics: Pick<Metrics, 'quotaDrift'>
}

/** What quotas need besides the transactions that move them: notices, and counters that are counted anew. */
export type QuotaUpkeep = {
  /** Raises and resolves the notices of counted quotas. True when there may be more. */
  notice(): Promise<boolean>
  /** Mends every counter that does not say how many objects there are, and returns what was wrong: normally nothing. */
  reconcile(): Promise<Drift[]>
  start(): void
  stop(): Promise<void>
}

const noticeEveryMs = 15_000
const reconcileEveryMs = 24 * 3_600_000
const rowsMax = 1_000

export function createQuotaUpkeep({ database, clock, logger, metrics }: QuotaUpkeepDeps): QuotaUpkeep {
  const notice = () =>
    database.withPlatform(async (tx) => {
      const uses = await listUnnoticedUse(tx, rowsMax)
      await noteQuotaUse(tx, uses)
      return uses.length === rowsMax
    })

  /** Undefined when it is right by now. */
  const mend = (drift: Drift) =>
    database.withPlatform(async (tx): Promise<Drift | undefined> => {
      const { tenantId, quota } = drift
      const used = await lockUsed(tx, drift)
      const counted = await countObjects(tx, drift)
      if (used === undefined || used === counted) return undefined
      await setUsed(tx, { ...drift, used: counted })
      await insertAuditEvent(tx, tenantId, {
        actor: { kind: 'system', name: 'reconciliation' },
        action: 'quota.reconcile',
        target: { kind: 'quota', id: quota },
        before: { used },
        after: { used: counted },
      })
      return { ...drift, used, counted }
    })

  const reconcile = async (): Promise<Drift[]> => {
    const mended: Drift[] = []
    for (const drift of await database.withPlatform((tx) => listDrift(tx, rowsMax))) {
      const done = await mend(drift)
      if (done === undefined) continue
      mended.push(done)
      logger.warn(done, 'a quota counter was wrong and was mended')
    }
    metrics.quotaDrift.set(mended.length)
    logger.info({ drift: mended.length }, 'quota counters were reconciled')
    return mended
  }

  const loops = [
    createLoop({ clock, logger }, { name: 'quota.notices', pollMs: noticeEveryMs, step: notice }),
    createLoop(
      { clock, logger },
      { name: 'quota.reconcile', pollMs: reconcileEveryMs, step: async () => (await reconcile()).length === rowsMax },
    ),
  ]

  return {
    notice,
    reconcile,
    start: () => {
      for (const loop of loops) loop.start()
    },
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}
