import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Route } from '../tenants/route.ts'
import { createUsageCloser } from './usage-closer.ts'
import { createUsageRecorder, type UsageRecorder } from './usage-recorder.ts'
import { createOperatorUsageRoutes } from './operator-usage-routes.ts'
import { createUsageSummaries } from './usage-summary-service.ts'
import { createUsageRoutes } from './usage-routes.ts'
import { createUsageWriter } from './usage-writer.ts'

/** What tenants use: counted where it happens, stored by the minute, shown by hour, day and month. */
export type Usage = {
  recorder: UsageRecorder
  routes: Route[]
  start(): void
  /** Stores what was counted until now: to be stopped after whatever counts. */
  stop(): Promise<void>
}

export type UsageDeps = { database: Database; clock: Clock; ids: Ids; logger: Logger }

export function createUsage(deps: UsageDeps): Usage {
  const recorder = createUsageRecorder()
  const writer = createUsageWriter({ ...deps, recorder })
  const closer = createUsageCloser(deps)
  return {
    recorder,
    routes: [...createUsageRoutes(deps), ...createOperatorUsageRoutes(createUsageSummaries(deps))],
    start: () => {
      writer.start()
      closer.start()
    },
    stop: async () => {
      await Promise.all([writer.stop(), closer.stop()])
    },
  }
}
