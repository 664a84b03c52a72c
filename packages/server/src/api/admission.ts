import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, assertNever } from '../platform/errors.ts'
import type { Authenticator, OperatorAccess, SessionAccess, TenantAccess } from '../tenants/authenticate.ts'
import type { Route } from '../tenants/route.ts'
import { clientAddress } from './client-address.ts'
import type { LimitVerdict, RequestLimits } from './request-limits.ts'

export type Access =
  | { kind: 'public' }
  | ({ kind: 'session' } & SessionAccess)
  | ({ kind: 'operator' } & OperatorAccess)
  | ({ kind: 'tenant' } & TenantAccess)

export type AdmissionDeps = { authenticator: Authenticator; limits: RequestLimits }

/**
 * Who asks for a route, and whether not too often. What a request counts against is in the headers of its answer: the
 * caller and the tenant once their credential is found good, else the address.
 */
export async function admit(
  { request, reply, route }: { request: FastifyRequest; reply: FastifyReply; route: Route },
  deps: AdmissionDeps,
): Promise<Access> {
  if (route.access === 'public') {
    obey(reply, deps.limits.anonymous(clientAddress(request)))
    return { kind: 'public' }
  }
  const slug = route.access === 'tenant' ? slugOf(request, route) : undefined
  const credential = { authorization: request.headers.authorization, slug }
  obey(reply, deps.limits.known(credential))
  let callerId: string | undefined
  try {
    const access = await authenticate(route, { ...credential, authenticator: deps.authenticator }, (id) => {
      callerId = id
      obey(reply, deps.limits.caller(id))
      deps.limits.remember(credential, { callerId: id })
    })
    if (access.kind === 'tenant' && callerId !== undefined) {
      obey(reply, deps.limits.tenant(access.tenant.id, callerId))
      deps.limits.remember(credential, { callerId, tenantId: access.tenant.id })
    }
    return access
  } catch (error) {
    if (callerId === undefined && error instanceof AppError && error.code === 'unauthenticated')
      obey(reply, deps.limits.anonymous(clientAddress(request)))
    throw error
  }
}

/** Counts a request that no route is asked by. */
export function admitAnonymous(request: FastifyRequest, reply: FastifyReply, limits: RequestLimits): void {
  obey(reply, limits.anonymous(clientAddress(request)))
}

type Presented = { authorization: string | undefined; slug: string | undefined; authenticator: Authenticator }

async function authenticate(
  route: Exclude<Route, { access: 'public' }>,
  { authorization, slug, authenticator }: Presented,
  onCaller: (callerId: string) => void,
): Promise<Access> {
  switch (route.access) {
    case 'session':
      return { kind: 'session', ...(await authenticator.forSession(authorization, onCaller)) }
    case 'operator':
      return { kind: 'operator', ...(await authenticator.forOperator(authorization, onCaller)) }
    case 'tenant': {
      if (slug === undefined) throw new Error(`${route.operationId} is asked for no tenant`)
      const wanted = { slug, permission: route.permission }
      return { kind: 'tenant', ...(await authenticator.forTenant(authorization, wanted, onCaller)) }
    }
    default:
      return assertNever(route)
  }
}

function slugOf(request: FastifyRequest, route: Route): string {
  const { params } = request
  const slug = typeof params === 'object' && params !== null && 'slug' in params ? params.slug : undefined
  if (typeof slug !== 'string') throw new Error(`the path of ${route.operationId} names no tenant`)
  return slug
}

function obey(reply: FastifyReply, verdict: LimitVerdict | undefined): void {
  if (verdict === undefined) return
  reply.headers(verdict.headers)
  if (verdict.refusal !== undefined) throw verdict.refusal
}
