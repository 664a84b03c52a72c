import type { Route } from '../tenants/route.ts'
import { createMonitorRoutes } from './monitor-routes.ts'
import { createMonitorService, type MonitorService, type MonitorServiceDeps } from './monitor-service.ts'

/** The monitors of tenants: their routes and what other domains ask of them. */
export type Monitors = { routes: Route[]; service: MonitorService }

export function createMonitors(deps: MonitorServiceDeps): Monitors {
  const service = createMonitorService(deps)
  return { routes: createMonitorRoutes(service), service }
}
