import { monitorSchema } from '@smt/engine'
import type { FollowedNetwork } from '../networks/source-chain.ts'
import type { Database } from '../platform/db/doors.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import type { Logger } from '../platform/logger.ts'
import { raiseNotice } from '../tenants/notice-store.ts'
import type { EvaluationMeter } from '../usage/usage-recorder.ts'
import type { ConfigFeed } from './config-feed.ts'
import { createFamilyIndex, type FamilyIndex } from './family-index.ts'
import { closeSpans, listOpenSpans, lockLedSource, openSpans, type Span } from './span-store.ts'
import { findWatchedMonitors, listWatchedMonitors, type WatchedMonitor } from './watched-monitor-store.ts'

/** What is kept of a monitor beside its compiled form; the configuration is not. */
export type IndexedMonitor = Omit<WatchedMonitor, 'configuration' | 'extensions'>

/**
 * The index of all tenants' monitors on one source, in step with their configuration. The spans in the database say from
 * which block on each version is in force; they are written before the block is evaluated, so none is missed unseen.
 */
export type LiveIndex = {
  readonly index: FamilyIndex
  /** Whose monitor version this is: the key of the engine's results. */
  monitorOf(versionId: string): IndexedMonitor | undefined
  tenantIds(): string[]
  /** Loads everything that watches the source. Once, before the first refresh. */
  load(): Promise<void>
  /**
   * Takes up what the feed has found; `nextBlock` is the first block that the new versions will be evaluated on, and
   * undefined while the source has no cursor. Throws LeadershipLostError when another process leads the source.
   */
  refresh(nextBlock: bigint | undefined): Promise<void>
  /** Ends every span with this block: the source is not watched any more. */
  retire(lastBlock: bigint): Promise<void>
}

export type LiveIndexDeps = {
  database: Pick<Database, 'withPlatform'>
  feed: ConfigFeed
  logger: Pick<Logger, 'error'>
  /** Told which monitors blocks are evaluated for. */
  meter: Pick<EvaluationMeter, 'joined' | 'left'>
}

export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError'

  constructor() {
    super('another process leads this chain source by now')
  }
}

const pageSize = 1_000

export function createLiveIndex(
  { database, feed, logger, meter }: LiveIndexDeps,
  source: { id: string; epoch: bigint; network: FollowedNetwork },
): LiveIndex {
  const index = createFamilyIndex(source.network)
  const monitors = new Map<string, IndexedMonitor>()
  const byVersion = new Map<string, IndexedMonitor>()
  /** Open spans as the database has them, by row id of the monitor. */
  const spans = new Map<string, Span>()

  const remove = (id: string): void => {
    const known = monitors.get(id)
    if (known === undefined) return
    index.remove(known.versionId)
    byVersion.delete(known.versionId)
    monitors.delete(id)
    meter.left(id)
  }

  /** False when what is stored cannot be read as a monitor: it gets no span, so no coverage is claimed. */
  const add = ({ configuration, extensions, ...monitor }: WatchedMonitor): boolean => {
    if (byVersion.has(monitor.versionId)) return true
    remove(monitor.id)
    try {
      index.set({ key: monitor.versionId, configuration: monitorSchema.parse(configuration), extensions })
    } catch (error) {
      const { tenantId, monitorId } = monitor
      logger.error({ tenantId, monitorId, err: error }, 'a stored monitor cannot be read')
      return false
    }
    monitors.set(monitor.id, monitor)
    byVersion.set(monitor.versionId, monitor)
    meter.joined(monitor)
    return true
  }

  const demandLeadership = async (tx: PlatformTx): Promise<void> => {
    if (!(await lockLedSource(tx, source))) throw new LeadershipLostError()
  }

  const loadPages = async (tx: PlatformTx): Promise<WatchedMonitor[]> => {
    const refused: WatchedMonitor[] = []
    for (let after: { tenantId: string; id: string } | undefined; ;) {
      const page: WatchedMonitor[] = await listWatchedMonitors(tx, source.id, { after, limit: pageSize })
      for (const monitor of page) if (!add(monitor)) refused.push(monitor)
      after = page.at(-1)
      if (page.length < pageSize) return refused
    }
  }

  /** Writes the difference between what is in force and what the spans say. */
  const reconcileSpans = async (tx: PlatformTx, nextBlock: bigint): Promise<() => void> => {
    const closing = [...spans]
      .filter(([id, span]) => monitors.get(id)?.versionId !== span.versionId)
      .map(([, span]) => span)
    const opening = [...monitors.values()]
      .filter(({ id, versionId }) => spans.get(id)?.versionId !== versionId)
      .map(({ tenantId, id, versionId }): Span => ({ tenantId, monitorId: id, versionId }))
    await closeSpans(tx, source.id, { spans: closing, toBlock: nextBlock - 1n })
    await openSpans(tx, source.id, { spans: opening, fromBlock: nextBlock })
    return () => {
      for (const span of closing) spans.delete(span.monitorId)
      for (const span of opening) spans.set(span.monitorId, span)
    }
  }

  const isInStep = (): boolean =>
    spans.size === monitors.size &&
    [...monitors.values()].every(({ id, versionId }) => spans.get(id)?.versionId === versionId)

  const tellRefused = async (tx: PlatformTx, refused: readonly WatchedMonitor[]): Promise<void> => {
    for (const { tenantId, monitorId } of refused) {
      await raiseNotice(tx, [tenantId], {
        kind: 'monitor_failing',
        severity: 'critical',
        subject: { kind: 'monitor', id: monitorId },
        message: 'This monitor cannot be evaluated by this version of the server. Save it again to see why.',
      })
    }
  }

  let needsReconciling = true

  return {
    index,
    monitorOf: (versionId) => byVersion.get(versionId),
    tenantIds: () => [...new Set([...monitors.values()].map(({ tenantId }) => tenantId))],

    load: () =>
      database.withPlatform(async (tx) => {
        await demandLeadership(tx)
        for (const span of await listOpenSpans(tx, source.id)) spans.set(span.monitorId, span)
        await tellRefused(tx, await loadPages(tx))
      }),

    refresh: async (nextBlock) => {
      const changed = feed.take(source.id)
      if (changed.length === 0 && (nextBlock === undefined || !needsReconciling)) return
      try {
        const settle = await database.withPlatform(async (tx): Promise<() => void> => {
          await demandLeadership(tx)
          const found = changed.length === 0 ? [] : await findWatchedMonitors(tx, source.id, changed)
          const present = new Set(found.map(({ id }) => id))
          for (const id of changed) if (!present.has(id)) remove(id)
          await tellRefused(
            tx,
            found.filter((monitor) => !add(monitor)),
          )
          needsReconciling = true
          return nextBlock === undefined || isInStep() ? () => undefined : reconcileSpans(tx, nextBlock)
        })
        settle()
        needsReconciling = nextBlock === undefined
      } catch (error) {
        feed.restore(source.id, changed)
        throw error
      }
    },

    retire: (lastBlock) =>
      database.withPlatform(async (tx) => {
        await demandLeadership(tx)
        await closeSpans(tx, source.id, { spans: await listOpenSpans(tx, source.id), toBlock: lastBlock })
      }),
  }
}
