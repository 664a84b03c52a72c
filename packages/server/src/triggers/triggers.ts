import type { Route } from '../tenants/route.ts'
import { createTriggerRoutes } from './trigger-routes.ts'
import { createTriggerService, type TriggerService, type TriggerServiceDeps } from './trigger-service.ts'

/** The triggers of tenants: their routes and what other domains ask of them. */
export type Triggers = { routes: Route[]; service: TriggerService }

export function createTriggers(deps: TriggerServiceDeps): Triggers {
  const service = createTriggerService(deps)
  return { routes: createTriggerRoutes(service), service }
}
