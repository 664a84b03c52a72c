import type { Actor, RequestOrigin, TenantInput } from './route.ts'

/** Who writes what of which tenant: what every change needs besides its body. */
export type WriteContext = {
  tenantId: string
  actor: Actor
  origin: RequestOrigin
  /** The version that the caller has seen, when it named one. */
  ifMatch: number | undefined
}

export function writeContextOf(input: Pick<TenantInput, 'tenant' | 'actor' | 'origin' | 'ifMatch'>): WriteContext {
  return { tenantId: input.tenant.id, actor: input.actor, origin: input.origin, ifMatch: input.ifMatch }
}
