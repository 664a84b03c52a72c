import type { Database } from '../platform/db/doors.ts'
import { currentXmin, deleteOldConfigChanges, listConfigChanges } from './config-change-store.ts'

/**
 * Follows config_changes for the sources that this process leads (design 7.10). Sequence numbers become visible out of
 * order, so the reader goes by transaction: it reads everything from its mark on and moves the mark only to the xmin of
 * the snapshot it has read, below which nothing can appear any more. Marking something twice is harmless.
 */
export type ConfigFeed = {
  /** Sets the mark; changes committed before are seen by whoever loads a source afterwards. */
  start(): Promise<void>
  /** From now on changes of this source are kept until they are taken. Call before the source is loaded. */
  track(sourceId: string): void
  untrack(sourceId: string): void
  /** Reads what is committed when this is called; calls at the same time share one read. */
  poll(): Promise<void>
  isDirty(sourceId: string): boolean
  /** The row ids of monitors that changed since the last call. */
  take(sourceId: string): string[]
  /** Gives back what could not be applied. */
  restore(sourceId: string, monitorIds: readonly string[]): void
  /** Deletes changes that every reader has long passed. */
  forget(olderThanDays: number): Promise<void>
}

export type ConfigFeedDeps = {
  database: Pick<Database, 'withPlatform'>
  /** Called when a poll found changes that no tracked source has room for: new sources, changed networks. */
  onSourcesChanged: () => void
}

export function createConfigFeed({ database, onSourcesChanged }: ConfigFeedDeps): ConfigFeed {
  const dirty = new Map<string, Set<string>>()
  /** Changes at or above the mark that were applied already, by sequence number. */
  const applied = new Map<bigint, bigint>()
  let mark = '0'
  let running: Promise<void> = Promise.resolve()
  let queued: Promise<void> | undefined

  const read = async (): Promise<void> => {
    const { rows, xmin } = await database.withPlatform((tx) => listConfigChanges(tx, mark))
    let hasNews = false
    for (const row of rows) {
      if (applied.has(row.seq)) continue
      applied.set(row.seq, BigInt(row.xid))
      if (row.sourceId === null) continue
      if (row.objectKind === 'monitor') dirty.get(row.sourceId)?.add(row.objectId)
      if (row.objectKind === 'network' || !dirty.has(row.sourceId)) hasNews = true
    }
    mark = xmin
    for (const [seq, xid] of applied) if (xid < BigInt(xmin)) applied.delete(seq)
    if (hasNews) onSourcesChanged()
  }

  return {
    start: async () => {
      mark = await database.withPlatform(currentXmin)
    },
    track: (sourceId) => {
      if (!dirty.has(sourceId)) dirty.set(sourceId, new Set())
    },
    untrack: (sourceId) => {
      dirty.delete(sourceId)
    },
    poll: () => {
      queued ??= running
        .catch(() => undefined)
        .then(() => {
          running = read()
          queued = undefined
          return running
        })
      return queued
    },
    isDirty: (sourceId) => (dirty.get(sourceId)?.size ?? 0) > 0,
    take: (sourceId) => {
      const found = dirty.get(sourceId)
      if (found === undefined || found.size === 0) return []
      dirty.set(sourceId, new Set())
      return [...found]
    },
    restore: (sourceId, monitorIds) => {
      const found = dirty.get(sourceId)
      for (const id of monitorIds) found?.add(id)
    },
    forget: async (olderThanDays) => {
      await database.withPlatform((tx) => deleteOldConfigChanges(tx, olderThanDays))
    },
  }
}
