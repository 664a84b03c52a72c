import type { Route } from '../tenants/route.ts'
import { createNetworkRoutes } from './network-routes.ts'
import { createNetworkService, type NetworkService, type NetworkServiceDeps } from './network-service.ts'

/** The networks of tenants: their routes and what other domains ask of them. */
export type Networks = { routes: Route[]; service: NetworkService }

export function createNetworks(deps: NetworkServiceDeps): Networks {
  const service = createNetworkService(deps)
  return { routes: createNetworkRoutes(service), service }
}
