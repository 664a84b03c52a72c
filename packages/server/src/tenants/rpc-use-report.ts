import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { createLoop } from '../platform/supervised-loop.ts'
import { noteQuotaUse } from './quota-notices.ts'
import type { RpcBudget } from './rpc-budget.ts'
import { forgetOldReports, reportRpcUse } from './rpc-use-store.ts'

/** Tells the database what this process asks of tenants' own nodes, for `GET quota` and the notices about it. */
export type RpcUseReporter = {
  report(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export type RpcUseReporterDeps = {
  database: Pick<Database, 'withPlatform'>
  clock: Clock
  ids: Pick<Ids, 'uuid'>
  logger: Logger
  budget: Pick<RpcBudget, 'used'>
}

const reportEveryMs = 10_000
const tenantsMax = 1_000

export function createRpcUseReporter({ database, clock, ids, logger, budget }: RpcUseReporterDeps): RpcUseReporter {
  const reporter = ids.uuid()
  /** Of whom something above 0 was said last. */
  let active = new Set<string>()

  const report = async (): Promise<void> => {
    const used = budget.used()
    const tenantIds = [...new Set([...used.keys(), ...active])]
    for (let from = 0; from < tenantIds.length; from += tenantsMax) {
      const reports = tenantIds
        .slice(from, from + tenantsMax)
        .map((tenantId) => ({ tenantId, requests: used.get(tenantId) ?? 0 }))
      await database.withPlatform(async (tx) => noteQuotaUse(tx, await reportRpcUse(tx, reporter, reports)))
    }
    active = new Set(used.keys())
    if (tenantIds.length > 0) await database.withPlatform(forgetOldReports)
  }

  const loop = createLoop(
    { clock, logger },
    { name: 'rpc-use', pollMs: reportEveryMs, step: () => report().then(() => false) },
  )
  return { report, start: loop.start, stop: loop.stop }
}
