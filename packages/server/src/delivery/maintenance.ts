import { parseJson, stringifyJson } from '@smt/engine'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import { raiseNotice } from '../tenants/notice-store.ts'
import { endHeldDeliveries, type EndedDelivery } from './health-store.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { isJsonObject } from '../tenants/json-object.ts'
import {
  deleteExpiredIdempotencyKeys,
  deleteOldNoticeDeliveries,
  deleteOldRollbacks,
  deleteUnusedBodies,
  deleteUnusedItems,
  dropExpiredPartitions,
  ensurePartitions,
  erasePreviousSecrets,
  listWholeBodies,
  oldestUnfinishedSeconds,
  replaceBody,
  tryLockMaintenance,
} from './maintenance-store.ts'
import { createLoop } from '../platform/supervised-loop.ts'
import { forgetMonths, listMonthPartitions } from './storage-upkeep-store.ts'
import { createStorageUpkeep } from './storage-upkeep.ts'

export type MaintenanceDeps = {
  database: Pick<Database, 'withPlatform' | 'upkeep'>
  clock: Clock
  logger: Logger
  metrics: Pick<Metrics, 'oldestPendingDelivery' | 'deliveriesDead'>
}

/** Keeps the time-ordered tables within their months and their retention (design 11). */
export type Maintenance = {
  /** Everything once, each part in bounded transactions. */
  run(): Promise<void>
  /** Sets the gauge by which operators see that deliveries wait. */
  measure(): Promise<void>
  /** Adds up what tenants store and makes room where it is too much. True when there may be more. */
  keepStorage(): Promise<boolean>
  /** Gives up what waits for a disabled trigger, or longer than it may for a failing one. True when there may be more. */
  endHeld(): Promise<boolean>
  start(): void
  stop(): Promise<void>
}

const alertDays = 90
const auditDays = 400
const noticeDeliveryDays = 90
/** Few, and what explains a retraction that somebody asks about late. */
const rollbackDays = 400
const idempotencyHours = 24
/** A day longer than deliveries are tried. */
const wholeBodyHours = 48
const rowsMax = 1_000
/** They are read to be trimmed. */
const bodiesMax = 20
const runEveryMs = 3_600_000
const measureEveryMs = 15_000
const upkeepEveryMs = 60_000
const endHeldEveryMs = 15_000
const storageEveryMs = 10_000

/**
 * Drops the metadata of ledgers from old bodies. On a public network it is a megabyte for every ledger with a match, and
 * whatever showed it was sent or is dead by then.
 */
async function trimBodies(tx: PlatformTx): Promise<number> {
  const whole = await listWholeBodies(tx, { olderThanHours: wholeBodyHours, limit: bodiesMax })
  for (const { body, ...place } of whole) await replaceBody(tx, { ...place, body: withoutMetadata(body) })
  return whole.length
}

function withoutMetadata(body: string): string {
  const ledger = parseJson(body)
  if (!isJsonObject(ledger)) return body
  const { metadataJSON: _, ...rest } = ledger
  return stringifyJson({ ...rest, ...('metadataXdr' in rest ? { metadataXdr: '' } : {}) })
}

export function createMaintenance({ database, clock, logger, metrics }: MaintenanceDeps): Maintenance {
  const storage = createStorageUpkeep({ database, logger })
  const whenLocked = (fn: (tx: PlatformTx) => Promise<number>) =>
    database.withPlatform(async (tx) => ((await tryLockMaintenance(tx)) ? fn(tx) : 0))

  /** Small transactions until one finds less than it may take. */
  const inPortions = async (fn: (tx: PlatformTx) => Promise<number>, portion = rowsMax): Promise<number> => {
    for (let total = 0; ;) {
      const taken = await whenLocked(fn)
      total += taken
      if (taken < portion) return total
    }
  }

  const run = async (): Promise<void> => {
    const partitions = await whenLocked(async (tx) => {
      await ensurePartitions(tx)
      const before = await listMonthPartitions(tx)
      const dropped = await dropExpiredPartitions(tx, { alertDays, auditDays })
      const left = new Set(dropped === 0 ? before : await listMonthPartitions(tx))
      await forgetMonths(
        tx,
        before.filter((name) => !left.has(name)),
      )
      return dropped
    })
    const items = await inPortions((tx) => deleteUnusedItems(tx, { olderThanDays: alertDays, limit: rowsMax }))
    const bodies = await inPortions((tx) => deleteUnusedBodies(tx, { olderThanDays: alertDays, limit: rowsMax }))
    const trimmed = await inPortions(trimBodies, bodiesMax)
    const keys = await inPortions((tx) =>
      deleteExpiredIdempotencyKeys(tx, { olderThanHours: idempotencyHours, limit: rowsMax }),
    )
    const noticeDeliveries = await inPortions((tx) =>
      deleteOldNoticeDeliveries(tx, { olderThanDays: noticeDeliveryDays, limit: rowsMax }),
    )
    const rollbacks = await inPortions((tx) => deleteOldRollbacks(tx, { olderThanDays: rollbackDays, limit: rowsMax }))
    await storage.sweep()
    const overlaps = await inPortions((tx) => erasePreviousSecrets(tx, { limit: rowsMax }))
    logger.info(
      { partitions, items, bodies, trimmed, keys, noticeDeliveries, rollbacks, overlaps },
      'expired rows were removed',
    )
  }

  const measure = async (): Promise<void> => {
    metrics.oldestPendingDelivery.set(await database.withPlatform(oldestUnfinishedSeconds))
  }

  const endHeld = async (): Promise<boolean> => {
    const ended = await database.withPlatform(async (tx) => {
      const rows = await endHeldDeliveries(tx, rowsMax)
      await tellEnded(tx, rows)
      return rows
    })
    metrics.deliveriesDead.inc(ended.length)
    return ended.length > 0
  }

  const loops = [
    { name: 'delivery.maintenance', pollMs: runEveryMs, step: run },
    { name: 'delivery.upkeep', pollMs: upkeepEveryMs, step: () => database.upkeep() },
    { name: 'delivery.measure', pollMs: measureEveryMs, step: measure },
  ].map(({ name, pollMs, step }) =>
    createLoop({ clock, logger }, { name, pollMs, step: () => step().then(() => false) }),
  )
  loops.push(createLoop({ clock, logger }, { name: 'delivery.end-held', pollMs: endHeldEveryMs, step: endHeld }))

  loops.push(
    createLoop({ clock, logger }, { name: 'delivery.storage', pollMs: storageEveryMs, step: () => storage.step() }),
  )

  return {
    run,
    measure,
    keepStorage: () => storage.step(),
    endHeld,
    start: () => {
      for (const loop of loops) loop.start()
    },
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

async function tellEnded(tx: PlatformTx, ended: readonly EndedDelivery[]): Promise<void> {
  const oneOfEach = new Map(ended.map((delivery) => [delivery.triggerId, delivery]))
  for (const { tenantId, triggerName, deliveryId, errorClass } of oneOfEach.values()) {
    await raiseNotice(tx, [tenantId], {
      kind: 'delivery_dead',
      severity: 'critical',
      subject: { kind: 'trigger', id: triggerName },
      message: 'A delivery was given up. It can be replayed when its cause is gone.',
      data: { delivery_id: deliveryId, error_class: errorClass },
    })
  }
}
