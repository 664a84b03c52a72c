import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createLoop } from '../platform/supervised-loop.ts'
import type { Canary, CanaryService } from '../tenants/canary-service.ts'
import type { Route } from '../tenants/route.ts'
import { readThroughApi, type Findings } from './attempts.ts'
import { ensureCanaryObjects, type ProbeRequest } from './canary-objects.ts'
import { countForeignRows, hasOwnRows, holdProbeLease, listReadableTables, releaseProbeLease } from './probe-store.ts'

/**
 * Two tenants of the installation itself, each of which tries to read what is the other's, through the API and through
 * the tables. What it finds is in the log and in `smt_isolation_probe_leaks`; a run that could not prove anything is no
 * success: `smt_isolation_probe_last_success_timestamp_seconds` stands still.
 */
export type IsolationProbe = {
  /** One look at the wall by both canaries. Throws when they cannot be had at all. */
  run(): Promise<Findings>
  /** The same, unless another process has looked within two intervals. True: this one did. */
  runAsHolder(): Promise<boolean>
  start(): void
  stop(): Promise<void>
}

export type IsolationProbeDeps = {
  database: Pick<Database, 'withPlatform' | 'withTenant' | 'withIdentity'>
  canaries: CanaryService
  /** Every route of the API; those that are added are probed by themselves. */
  routes: readonly Route[]
  request: ProbeRequest
  clock: Clock
  ids: Pick<Ids, 'uuid'>
  logger: Logger
  metrics: Pick<Metrics, 'probeLeaks' | 'probeLastSuccess'>
}

/** A process that has just begun has better things to do. */
const firstRunAfterMs = 30_000
const tablesOfEveryCanary = ['monitors', 'networks', 'triggers', 'matches', 'deliveries', 'api_keys', 'audit_events']

export function createIsolationProbe(deps: IsolationProbeDeps, { intervalS }: { intervalS: number }): IsolationProbe {
  const { database, canaries, clock, ids, logger, metrics } = deps
  const holder = ids.uuid()
  let isFirst = true
  let leaksFound = 0

  const readTables = async ({ tenantId, slug }: Canary): Promise<Findings> => {
    const found: Findings = { attempts: 0, leaks: [], problems: [], unprobed: [] }
    const tables = await database.withTenant(tenantId, { readOnly: true }, async (tx) => {
      const names = await listReadableTables(tx)
      for (const table of names)
        if ((await countForeignRows(tx, { table, tenantId })) > 0) found.leaks.push(`${table} as ${slug}`)
      for (const table of tablesOfEveryCanary)
        if (!names.includes(table) || !(await hasOwnRows(tx, { table, tenantId })))
          found.problems.push(`${slug} has no row in ${table}`)
      return names
    })
    await database.withIdentity(async (tx) => {
      for (const table of tables)
        if ((await countForeignRows(tx, { table, tenantId: null })) > 0) found.leaks.push(`${table} without a tenant`)
    })
    found.attempts += 2 * tables.length
    return found
  }

  const look = async (): Promise<Findings> => {
    const [a, b] = await canaries.getBoth()
    for (const canary of [a, b]) await ensureCanaryObjects(deps, canary)
    return merge([
      await readThroughApi(deps, { reader: a, owner: b }),
      await readThroughApi(deps, { reader: b, owner: a }),
      await readTables(a),
      await readTables(b),
    ])
  }

  const run = async (): Promise<Findings> => {
    try {
      const found = await look()
      const isProof = found.problems.length === 0
      // What was found stays found until a whole look sees that it is gone.
      leaksFound = isProof ? found.leaks.length : Math.max(leaksFound, found.leaks.length)
      metrics.probeLeaks.set(isProof || leaksFound > 0 ? leaksFound : Number.NaN)
      if (isProof) metrics.probeLastSuccess.set(clock.now().getTime() / 1_000)
      report(found)
      return found
    } catch (error) {
      if (leaksFound === 0) metrics.probeLeaks.set(Number.NaN)
      throw error
    }
  }

  const report = ({ attempts, leaks, problems, unprobed }: Findings): void => {
    if (leaks.length > 0) logger.error({ attempts, leaks }, 'the wall between tenants leaks')
    if (problems.length > 0) logger.warn({ attempts, problems }, 'the isolation probe proved nothing')
    logger.debug({ attempts, unprobed }, 'the isolation probe ran')
  }

  const runAsHolder = async (): Promise<boolean> => {
    const ttlS = intervalS * 2
    const isOurs = await database.withPlatform((tx) => holdProbeLease(tx, { holder, ttlS }))
    if (isOurs) {
      await run()
    } else {
      // Another process looks, and says what it finds.
      leaksFound = 0
      metrics.probeLeaks.set(Number.NaN)
    }
    return isOurs
  }

  const stopping = new AbortController()
  const step = async (): Promise<boolean> => {
    if (isFirst) await clock.sleep(Math.min(firstRunAfterMs, intervalS * 1_000), stopping.signal)
    isFirst = false
    if (stopping.signal.aborted) return false
    await runAsHolder()
    return false
  }
  const loop = createLoop({ clock, logger }, { name: 'probe.isolation', pollMs: intervalS * 1_000, step })

  return {
    run,
    runAsHolder,
    start: loop.start,
    stop: async () => {
      stopping.abort()
      await loop.stop()
      await database.withPlatform((tx) => releaseProbeLease(tx, holder))
    },
  }
}

function merge(parts: readonly Findings[]): Findings {
  const unique = (pick: (part: Findings) => string[]) => [...new Set(parts.flatMap(pick))]
  return {
    attempts: parts.reduce((sum, { attempts }) => sum + attempts, 0),
    leaks: unique(({ leaks }) => leaks),
    problems: unique(({ problems }) => problems),
    unprobed: unique(({ unprobed }) => unprobed),
  }
}
