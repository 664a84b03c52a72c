import type { Database } from '../platform/db/doors.ts'
import type { Logger } from '../platform/logger.ts'
import { raiseNotice } from '../tenants/notice-store.ts'
import { noteQuotaUse, type QuotaUse } from '../tenants/quota-notices.ts'
import { megabyte, megabytesOf } from '../tenants/storage-store.ts'
import {
  foldStorageChanges,
  listOverfull,
  listStorageLevels,
  removeOldestBodies,
  tryLockStorage,
  type StorageLevel,
} from './storage-upkeep-store.ts'

/**
 * Keeps what tenants store added up and within `max_storage_mb` (design 11): matching and delivery go on at 100 %, the
 * bodies of the oldest matches that are done with make room. Each removal is seen in the match and told by a notice.
 */
export type StorageUpkeep = {
  /** Adds up what changed, and makes room for those who changed something. True: there may be more to do. */
  step(): Promise<boolean>
  /** The same for all who are over their limit, because it was lowered or something was in the way. */
  sweep(): Promise<void>
}

const changesMax = 5_000
/** They are rewritten, with what else they carry: a short transaction. */
const bodiesMax = 500

export function createStorageUpkeep({
  database,
  logger,
}: {
  database: Pick<Database, 'withPlatform'>
  logger: Pick<Logger, 'info'>
}): StorageUpkeep {
  const removeSome = ({ tenantId }: StorageLevel): Promise<{ removed: number; isOver: boolean }> =>
    database.withPlatform(async (tx) => {
      if (!(await tryLockStorage(tx))) return { removed: 0, isOver: false }
      // What was removed a moment ago counts.
      while ((await foldStorageChanges(tx, { limit: changesMax })).changes === changesMax);
      const [level] = await listStorageLevels(tx, [tenantId])
      if (level === undefined || level.bytes <= level.limitBytes) return { removed: 0, isOver: false }
      const removed = await removeOldestBodies(tx, tenantId, {
        bytes: level.bytes - level.limitBytes,
        limit: bodiesMax,
      })
      if (removed > 0) {
        await raiseNotice(tx, [tenantId], {
          kind: 'match_bodies_removed',
          severity: 'warning',
          subject: { kind: 'quota', id: 'max_storage_mb' },
          message:
            'The storage of the tenant is full: the details of its oldest matches were removed to make room. ' +
            'The matches themselves and their deliveries are kept.',
          data: { removed_last: removed },
        })
      }
      return { removed, isOver: true }
    })

  const noteLevels = (tenantIds: readonly string[]): Promise<StorageLevel[]> =>
    database.withPlatform(async (tx) => {
      const levels = await listStorageLevels(tx, tenantIds)
      await noteQuotaUse(tx, levels.map(useOf))
      return levels
    })

  const makeRoom = async (level: StorageLevel): Promise<void> => {
    let total = 0
    for (;;) {
      const { removed, isOver } = await removeSome(level)
      total += removed
      if (!isOver || removed === 0) break
    }
    if (total > 0) logger.info({ tenantId: level.tenantId, bodies: total }, 'bodies of old matches were removed')
  }

  const makeRoomFor = async (tenantIds: readonly string[]): Promise<void> => {
    const over = (await noteLevels(tenantIds)).filter(({ bytes, limitBytes }) => bytes > limitBytes)
    for (const level of over) await makeRoom(level)
    if (over.length > 0) await noteLevels(over.map(({ tenantId }) => tenantId))
  }

  return {
    step: async () => {
      const { changes, tenantIds } = await database.withPlatform(async (tx) =>
        (await tryLockStorage(tx)) ? foldStorageChanges(tx, { limit: changesMax }) : { changes: 0, tenantIds: [] },
      )
      if (tenantIds.length > 0) await makeRoomFor(tenantIds)
      return changes === changesMax
    },
    sweep: async () => {
      const overfull = await database.withPlatform((tx) => listOverfull(tx))
      if (overfull.length > 0) await makeRoomFor(overfull)
    },
  }
}

function useOf({ tenantId, bytes, limitBytes }: StorageLevel): QuotaUse {
  return { tenantId, quota: 'max_storage_mb', used: megabytesOf(bytes), limit: Number(limitBytes) / megabyte }
}
