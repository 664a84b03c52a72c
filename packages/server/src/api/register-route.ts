import { stringifyJson } from '@smt/engine'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Database } from '../platform/db/doors.ts'
import { parseIdempotencyKey, type WriteOnce } from '../tenants/idempotency.ts'
import { runInRequest } from '../tenants/request-context.ts'
import type { RequestOrigin, Route, RouteReply } from '../tenants/route.ts'
import { parseIfMatch } from '../tenants/version.ts'
import { admit, type Access, type AdmissionDeps } from './admission.ts'
import { clientAddress } from './client-address.ts'
import { assertJsonContent } from './content-type.ts'
import { readBody, readParams, readQuery } from './request-parts.ts'

export const apiPrefix = '/api/v1'

export type RegisterDeps = AdmissionDeps & {
  database: Pick<Database, 'withTenant' | 'withIdentity' | 'withPlatform'>
  writeOnce: WriteOnce
  /** Sees every answer before it is sent; tests compare it with the route's schemas. */
  onReply?: ((route: Route, reply: RouteReply) => void) | undefined
}

/** Adds one route: who asks is settled before a single byte of the body is read. */
export function registerRoute(app: FastifyInstance, route: Route, deps: RegisterDeps): void {
  const accesses = new WeakMap<FastifyRequest, Access>()
  app.route({
    method: route.method,
    url: apiPrefix + route.path,
    config: { operation: route.operationId, admission: 'by_route' },
    onRequest: async (request, reply) => {
      accesses.set(request, await admit({ request, reply, route }, deps))
      assertJsonContent(request.method, request.headers)
    },
    handler: async (request, reply) => {
      const access = accesses.get(request)
      if (access === undefined) throw new Error('a request reached its handler unauthenticated')
      const answer = await answerTo(request, { route, access, deps })
      deps.onReply?.(route, answer)
      return send(reply, answer)
    },
  })
}

type Admitted = { route: Route; access: Access; deps: RegisterDeps }

async function answerTo(request: FastifyRequest, { route, access, deps }: Admitted): Promise<RouteReply> {
  const [path = '', ...query] = request.url.split('?')
  const { json, body } = readBody(route, request.body)
  const origin: RequestOrigin = {
    requestId: request.id,
    ip: clientAddress(request),
    userAgent: request.headers['user-agent'],
  }
  const input = {
    params: readParams(route, paramsOf(request)),
    query: readQuery(route, query.join('?')),
    body,
    origin,
    ifMatch: parseIfMatch(request.headers['if-match']),
    accept: request.headers.accept,
  }
  if (route.access === 'public') return route.handler(input)
  if (route.access === 'session' && access.kind === 'session') {
    const { sessionId, user } = access
    return route.handler({ ...input, sessionId, user, identity: (fn) => deps.database.withIdentity(fn) })
  }
  if (route.access === 'operator' && access.kind === 'operator') {
    return route.handler({ ...input, operator: access.operator, platform: (fn) => deps.database.withPlatform(fn) })
  }
  if (route.access === 'tenant' && access.kind === 'tenant') {
    const { tenant, actor, authority } = access
    const key = parseIdempotencyKey(headerOf(request, 'idempotency-key'))
    const write = { tenantId: tenant.id, key, actor, method: request.method, path, body: json }
    return runInRequest({ tenant, actor, requestId: request.id }, () =>
      route.handler({
        ...input,
        tenant,
        actor,
        authority,
        read: (fn) => deps.database.withTenant(tenant.id, { readOnly: true }, fn),
        write: (fn) => deps.writeOnce(write, fn),
      }),
    )
  }
  throw new Error(`${route.operationId} was admitted the wrong way`)
}

function send(reply: FastifyReply, { status, body, text, headers = {} }: RouteReply): FastifyReply {
  reply.code(status).headers(headers)
  if (text !== undefined) return reply.type(`${text.type}; charset=utf-8`).send(text.content)
  if (body === undefined) return reply.send()
  return reply.type('application/json; charset=utf-8').send(stringifyJson(body))
}

function paramsOf(request: FastifyRequest): Record<string, unknown> {
  return { ...(typeof request.params === 'object' ? request.params : {}) }
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}
