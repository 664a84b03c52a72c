import {
  createChainClient,
  followedNetworkOf,
  openNetwork,
  type ChainClientDeps,
} from '../../ingestion/chain-client.ts'
import { createCommitter } from '../../ingestion/commit.ts'
import { createLeadership, renewalMs, type LedSource } from '../../ingestion/leadership.ts'
import { createPollSchedule } from '../../ingestion/poll-schedule.ts'
import { createRollback, type RetractAlerts } from '../../ingestion/rollback.ts'
import { createSourceNotices } from '../../ingestion/source-notices.ts'
import { createSourceReports, UnusableNetworkError } from '../../ingestion/source-reports.ts'
import { createConfigFeed } from '../../matching/config-feed.ts'
import { createLiveIndex } from '../../matching/live-index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/doors.ts'
import type { Ids } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import { createLoop } from '../../platform/supervised-loop.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { EvaluationMeter, UsageRecorder } from '../../usage/usage-recorder.ts'
import type { RpcBudget } from '../../tenants/rpc-budget.ts'
import type { Engine } from '../engine.ts'
import { createFailureRetry } from './failure-retry.ts'
import { createSourceRunner, type SourceRunner } from './source-runner.ts'

export type NativeEngineDeps = Omit<ChainClientDeps, 'clock' | 'metrics'> & {
  database: Database
  clock: Clock
  ids: Ids
  logger: Logger
  metrics: Metrics
  usage: Pick<UsageRecorder, 'rpcCall' | 'meter'>
  /** What tenants may ask of their own nodes. */
  budget: Pick<RpcBudget, 'of'>
  onMatches: () => void
  /** Part of the transaction of a rollback. */
  retractAlerts: RetractAlerts
}

type Led = { source: LedSource; runner: SourceRunner; meter: EvaluationMeter; stopping: AbortController }

/** How often configuration is looked at; a change is in force well within a second. */
const feedPollMs = 500
const upkeepMs = 3_600_000
/** Long after every reader has passed them. */
const changesKeptDays = 7

/**
 * The native engine (design 8): leads the chain sources it can lease, fetches each block once for all tenants, evaluates
 * it against the index of all their monitors, and commits what matched. Follows configuration without a restart.
 */
export function createNativeEngine(deps: NativeEngineDeps): Engine {
  const { database, clock, logger, metrics, usage, onMatches } = deps
  const leadership = createLeadership(deps)
  const committer = createCommitter(deps)
  const rollback = createRollback(deps)
  const notices = createSourceNotices(deps)
  const feed = createConfigFeed({ database, onSourcesChanged: () => claimLoop.wake() })
  const led = new Map<string, Led>()
  const stopping = new AbortController()

  const lead = (source: LedSource): Led => {
    const stoppingSource = new AbortController()
    feed.track(source.id)
    const network = followedNetworkOf(source)
    const meter = usage.meter(source.id)
    const live = createLiveIndex({ database, feed, logger, meter }, { id: source.id, epoch: source.epoch, network })
    const budget = source.tenantId === null ? undefined : deps.budget.of(source.tenantId)
    const rest = (delayMs: number, signal: AbortSignal | undefined) => {
      const isOver = AbortSignal.any([
        stopping.signal,
        stoppingSource.signal,
        ...(signal === undefined ? [] : [signal]),
      ])
      return schedule.rest(source.id, () => clock.sleep(delayMs, isOver))
    }
    const openClient = async () => {
      const network = await database.withPlatform((tx) => openNetwork(tx, deps, source))
      if (network === undefined) throw new UnusableNetworkError('The operator has withdrawn this network.')
      const place = { sourceId: source.id, networkId: source.networkId ?? '' }
      const onCall = () => usage.rpcCall(source.tenantId ?? undefined, place)
      return createChainClient(deps, { network, kind: source.kind, onCall, budget, rest })
    }
    const runner = createSourceRunner(
      {
        clock,
        metrics,
        feed,
        committer,
        rollback,
        onMatches,
        meter,
        openClient,
        delayMs: async (host) => (await budget?.delayMs(host)) ?? 0,
        failureRetry: createFailureRetry({ database, committer, clock, logger }, { id: source.id, network }),
        reports: createSourceReports({ database, clock, logger, notices }, source),
        isLeader: () => leadership.isCurrent() && !stoppingSource.signal.aborted,
        signal: AbortSignal.any([stopping.signal, stoppingSource.signal]),
      },
      source,
      live,
    )
    return { source, runner, meter, stopping: stoppingSource }
  }

  /**
   * Ends a runner by its own next poll, which finds that it leads no more. Its successor begins after that: two runners of
   * one source at once would take each other's configuration changes.
   */
  const stopSoon = (id: string, { stopping: source }: Led): void => {
    source.abort()
    schedule.wake(id)
  }

  const drop = (id: string): void => {
    led.get(id)?.meter.close()
    led.delete(id)
    schedule.remove(id)
    feed.untrack(id)
  }

  const schedule = createPollSchedule(
    { clock },
    {
      poll: async (id) => {
        const current = led.get(id)
        if (current === undefined) return 0
        const outcome = await current.runner.poll().catch((error: unknown) => {
          logger.error({ sourceId: id, err: error }, 'a poll of a chain source failed')
          return { nextMs: 1_000 }
        })
        if (typeof outcome === 'object') return outcome.nextMs
        if (led.get(id) === current) drop(id)
        // Whoever lost a source may still hold its lease, and what was retired may be watched again by now.
        claimLoop.wake()
        return 0
      },
    },
  )

  /** Takes what is free and renews what is held. A source whose epoch or network changed is begun anew. */
  const claim = async (): Promise<void> => {
    const sources = await leadership.claim()
    const present = new Set(sources.map(({ id }) => id))
    for (const [id, known] of led) if (!present.has(id)) stopSoon(id, known)
    for (const source of sources) {
      const known = led.get(source.id)
      if (known !== undefined) {
        if (known.source.epoch !== source.epoch || known.source.revision !== source.revision) stopSoon(source.id, known)
        else known.source = source
        known.runner.isWatched(source.isWatched)
        if (!source.isWatched) schedule.wake(source.id)
        continue
      }
      led.set(source.id, lead(source))
      schedule.add(source.id, () => ({
        tenant: source.tenantId ?? undefined,
        host: led.get(source.id)?.runner.client()?.host ?? source.id,
        isSound: led.get(source.id)?.runner.isSound() ?? false,
      }))
    }
    measure()
  }

  const measure = (): void => {
    metrics.monitorsLoaded.set([...led.values()].reduce((sum, { runner }) => sum + runner.monitors(), 0))
    metrics.sourcesByState.reset()
    for (const { source } of led.values()) metrics.sourcesByState.inc({ state: source.state })
  }

  const claimLoop = createLoop(
    { clock, logger },
    { name: 'engine.claim', pollMs: renewalMs, step: () => claim().then(() => false) },
  )
  const feedLoop = createLoop(
    { clock, logger },
    {
      name: 'engine.feed',
      pollMs: feedPollMs,
      step: async () => {
        await feed.poll()
        for (const id of led.keys()) if (feed.isDirty(id)) schedule.wake(id)
        return false
      },
    },
  )

  const upkeepLoop = createLoop(
    { clock, logger },
    {
      name: 'engine.upkeep',
      pollMs: upkeepMs,
      step: async () => {
        await feed.forget(changesKeptDays)
        return false
      },
    },
  )

  return {
    start: async () => {
      await feed.start()
      await claim()
      schedule.start()
      claimLoop.start()
      feedLoop.start()
      upkeepLoop.start()
    },
    stop: async () => {
      stopping.abort()
      await Promise.all([claimLoop.stop(), feedLoop.stop(), upkeepLoop.stop(), schedule.stop()])
      await leadership.release()
    },
  }
}
