import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { createLoop } from '../platform/supervised-loop.ts'
import { callParts } from './call-parts.ts'
import { divideExactly } from './divide-exactly.ts'
import {
  closeStored,
  countWatching,
  deleteExpired,
  findClosedUntil,
  findOpenSince,
  listHourRows,
  listUnclosedTenants,
  listUndivided,
  markDivided,
  sampleStorage,
  setClosedUntil,
  setParts,
  setShare,
  sumEvaluations,
  takeTurn,
  type HourRange,
  type SourceHour,
} from './usage-close-store.ts'
import { refreshSummaries } from './usage-summary-store.ts'

export type UsageCloserDeps = {
  database: Pick<Database, 'withTenant' | 'withPlatform'>
  clock: Clock
  ids: Pick<Ids, 'uuid'>
  logger: Logger
}

/**
 * Closes hours that are over: divides the requests of shared networks among those who watched them, writes how many
 * matches and deliveries were stored, samples what is stored, and then refreshes the summaries of operators. Each step is repeated without effect, so a process may
 * die at any point and the next one goes on.
 */
export type UsageCloser = {
  /** Everything that is over, when no other process is at it. `closedUntil` is for tests. */
  run(closedUntil?: Date): Promise<void>
  start(): void
  stop(): Promise<void>
}

const pollMs = 300_000
const hourMs = 3_600_000
/** In one transaction; a tenant that is closed for the first time may have months of matches. */
const hoursAtOnce = 6
const sourcesAtOnce = 100
const tenantsAtOnce = 200
const expiry = { hoursKeptDays: 400, writersKeptDays: 7, limit: 1_000 }

export function createUsageCloser({ database, clock, ids, logger }: UsageCloserDeps): UsageCloser {
  const holder = ids.uuid()
  let isStopping = false
  /** Once an hour is enough: they are of what is closed. */
  let refreshedFor: number | undefined

  const hasTurn = async (): Promise<boolean> =>
    !isStopping && (await database.withPlatform((tx) => takeTurn(tx, holder)))

  const divide = async (source: SourceHour): Promise<void> => {
    const weights = await database.withPlatform(async (tx) => {
      const evaluations = await sumEvaluations(tx, source)
      return evaluations.length > 0 ? evaluations : countWatching(tx, source.sourceId)
    })
    const shares = [...divideExactly(source.calls, weights)].filter(([, calls]) => calls > 0n)
    for (const [tenantId, calls] of shares) {
      await database.withTenant(tenantId, {}, async (tx) => {
        await setShare(tx, tenantId, { ...source, calls })
        await divideAmongMonitors(tx, tenantId, rangeOf(source.hour))
      })
    }
    const divided = shares.reduce((sum, [, calls]) => sum + calls, 0n)
    await database.withPlatform((tx) => markDivided(tx, source, divided))
  }

  const closeTenant = async (tenantId: string, closedUntil: Date): Promise<void> => {
    const openSince = await database.withTenant(tenantId, { readOnly: true }, (tx) => findOpenSince(tx, tenantId))
    const steps = openSince === undefined ? [] : stepsOf({ since: openSince, until: closedUntil })
    for (const range of steps) {
      await database.withTenant(tenantId, {}, async (tx) => {
        await closeStored(tx, tenantId, range)
        await divideAmongMonitors(tx, tenantId, range)
        await setClosedUntil(tx, tenantId, range.until)
      })
    }
    await database.withTenant(tenantId, {}, async (tx) => {
      await sampleStorage(tx, tenantId, new Date(closedUntil.getTime() - hourMs))
      await setClosedUntil(tx, tenantId, closedUntil)
    })
  }

  /** One that fails waits for the next run; the others go on. */
  const orKeep = async (what: Record<string, unknown>, work: Promise<void>): Promise<void> => {
    await work.catch((error: unknown) => logger.warn({ ...what, err: error }, 'an hour of usage could not be closed'))
  }

  const run = async (until?: Date): Promise<void> => {
    if (!(await hasTurn())) return
    const closedUntil = until ?? (await database.withPlatform(findClosedUntil))
    const undivided = await database.withPlatform((tx) =>
      listUndivided(tx, { until: closedUntil, limit: sourcesAtOnce }),
    )
    for (const source of undivided) {
      if (!isStopping) await orKeep({ sourceId: source.sourceId, hour: source.hour }, divide(source))
    }
    for (let after = '00000000-0000-0000-0000-000000000000'; await hasTurn();) {
      const query = { until: closedUntil, after, limit: tenantsAtOnce }
      const tenants = await database.withPlatform((tx) => listUnclosedTenants(tx, query))
      for (const tenantId of tenants) if (!isStopping) await orKeep({ tenantId }, closeTenant(tenantId, closedUntil))
      const last = tenants.at(-1)
      if (last === undefined) break
      after = last
    }
    if (closedUntil.getTime() !== refreshedFor && !isStopping) {
      await database.withPlatform(refreshSummaries)
      refreshedFor = closedUntil.getTime()
    }
    const deleteSome = () => database.withPlatform((tx) => deleteExpired(tx, expiry))
    while (!isStopping && (await deleteSome()) === expiry.limit);
  }

  const loop = createLoop({ clock, logger }, { name: 'usage.close', pollMs, step: () => run().then(() => false) })
  return {
    run,
    start: () => loop.start(),
    stop: () => {
      isStopping = true
      return loop.stop()
    },
  }
}

async function divideAmongMonitors(tx: TenantTx, tenantId: string, range: HourRange): Promise<void> {
  await setParts(tx, tenantId, callParts(await listHourRows(tx, tenantId, range)))
}

function rangeOf(hour: Date): HourRange {
  return { since: hour, until: new Date(hour.getTime() + hourMs) }
}

function stepsOf({ since, until }: HourRange): HourRange[] {
  const steps: HourRange[] = []
  for (let from = since; from < until;) {
    const to = new Date(Math.min(from.getTime() + hoursAtOnce * hourMs, until.getTime()))
    steps.push({ since: from, until: to })
    from = to
  }
  return steps
}
