import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { Egress } from '../platform/egress/egress.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Route } from '../tenants/route.ts'
import type { TenantKeys } from '../tenants/tenant-key-service.ts'
import type { TriggerService } from '../triggers/trigger-service.ts'
import { createDeliveryRoutes } from './delivery-routes.ts'
import { createDispatch } from './dispatch.ts'
import { createFanOut } from './fan-out.ts'
import { createMaintenance } from './maintenance.ts'
import { createMatchRoutes } from './match-routes.ts'
import { createNoticeSender } from './notice-sender.ts'
import { retractAlerts } from './retraction-store.ts'
import { createLoop } from '../platform/supervised-loop.ts'
import { createTakeOver } from './take-over.ts'
import { createTriggerTestRoutes } from './trigger-test-routes.ts'
import { createTriggerTester } from './trigger-test-service.ts'

export type DeliveryDeps = {
  database: Database
  egress: Pick<Egress, 'request' | 'connect'>
  tenantKeys: TenantKeys
  clock: Clock
  ids: Ids
  logger: Logger
  metrics: Metrics
  triggers: Pick<TriggerService, 'open' | 'get'>
  publicUrl?: string | undefined
  /** Aborted when the API is about to close. */
  closing?: AbortSignal | undefined
}

/**
 * From a committed match to the receiver's answer: fan-out, dispatch, the routes that show both, and the upkeep of their
 * tables. Everything is found in the database; a process may be killed at any point.
 */
export type Delivery = {
  start(): void
  /** Resolves when no step runs and no request is in flight. */
  stop(): Promise<void>
  /** A hint that matches were committed: fan-out begins now instead of at its next poll. */
  wake(): void
  /** Part of the transaction of a rollback; see retraction-store.ts. */
  retractAlerts: typeof retractAlerts
  routes: Route[]
}

const pollMs = 500
/** Nobody waits for a notice as for an alert. */
const noticePollMs = 2_000

export function createDelivery(deps: DeliveryDeps): Delivery {
  const { ids } = deps
  const random = () => ids.random(4).readUInt32BE() / 2 ** 32
  const takeOver = createTakeOver(deps)
  const dispatch = createDispatch({ ...deps, random }, { onRoom: () => dispatchLoop.wake() })
  const dispatchLoop = createLoop(deps, {
    name: 'delivery.dispatch',
    pollMs,
    step: async () => {
      await takeOver()
      return (await dispatch.startDue()) > 0
    },
  })
  const fanOut = createFanOut(deps)
  const fanOutLoop = createLoop(deps, {
    name: 'delivery.fan-out',
    pollMs,
    step: async () => {
      const { matches, deliveries } = await fanOut.runBatch()
      if (deliveries > 0) dispatchLoop.wake()
      return matches > 0
    },
  })
  const notices = createNoticeSender({ ...deps, random })
  const noticeLoop = createLoop(deps, {
    name: 'delivery.notices',
    pollMs: noticePollMs,
    step: async () => {
      await takeOver()
      return (await notices.startDue()) > 0
    },
  })
  const maintenance = createMaintenance(deps)

  return {
    start: () => {
      fanOutLoop.start()
      dispatchLoop.start()
      noticeLoop.start()
      maintenance.start()
    },
    stop: async () => {
      await Promise.all([fanOutLoop.stop(), dispatchLoop.stop(), noticeLoop.stop(), maintenance.stop()])
      await Promise.all([dispatch.stop(), notices.stop()])
    },
    wake: () => fanOutLoop.wake(),
    retractAlerts,
    routes: [
      ...createMatchRoutes(),
      ...createDeliveryRoutes({ wake: () => dispatchLoop.wake() }),
      ...createTriggerTestRoutes(createTriggerTester(deps)),
    ],
  }
}
