import { AsyncLocalStorage } from 'node:async_hooks'
import type { Actor, TenantRef } from './route.ts'

/** What a request below a tenant carries through every call that it makes. */
export type RequestContext = { tenant: TenantRef; actor: Actor; requestId: string }

const current = new AsyncLocalStorage<RequestContext>()

export function runInRequest<T>(context: RequestContext, fn: () => T): T {
  return current.run(context, fn)
}

/** The context of the request that is being answered, if any. */
export function findRequestContext(): RequestContext | undefined {
  return current.getStore()
}

/** The tenant of the request that is being answered; throws outside of one. */
export function currentTenant(): TenantRef {
  const context = current.getStore()
  if (context === undefined) throw new Error('there is no tenant here: this does not run inside a request of a tenant')
  return context.tenant
}
