import { stringifyJson } from '@smt/engine'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import { AppError } from '../platform/errors.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Authenticator } from '../tenants/authenticate.ts'
import type { WriteOnce } from '../tenants/idempotency.ts'
import type { Route, RouteReply } from '../tenants/route.ts'
import { registerDocs } from './docs.ts'
import { admitAnonymous } from './admission.ts'
import { createOpenApi } from './openapi.ts'
import { createMethodFinder } from './other-methods.ts'
import { problemMediaType, toProblem } from './problem.ts'
import { apiPrefix, registerRoute } from './register-route.ts'
import { createRequestLimits, type ApiRates } from './request-limits.ts'
import { registerSystemRoutes, type Readiness } from './system-routes.ts'

export type ApiDeps = {
  routes: readonly Route[]
  database: Pick<Database, 'withTenant' | 'withIdentity' | 'withPlatform'>
  authenticator: Authenticator
  writeOnce: WriteOnce
  clock: Pick<Clock, 'now'>
  ids: Pick<Ids, 'uuid'>
  logger: Pick<Logger, 'error' | 'warn' | 'debug'>
  metrics: Pick<Metrics, 'registry' | 'httpRequests' | 'httpDuration'>
  readiness: () => Promise<Readiness>
}

export type ApiOptions = {
  rates: ApiRates
  /** CIDRs of the proxies whose X-Forwarded-For is believed; from anybody else it is ignored. */
  trustedProxies?: readonly string[]
  /** Shown in the OpenAPI document. */
  version: string
  publicUrl?: string | undefined
  metricsToken?: string | undefined
  onReply?: ((route: Route, reply: RouteReply) => void) | undefined
}

declare module 'fastify' {
  // Declaration merging is how Fastify types what a route carries.
  // oxlint-disable-next-line typescript/consistent-type-definitions
  export interface FastifyContextConfig {
    /** The operationId, or a fixed word: the label of the metrics. */
    operation?: string
    /** Who counts the request: its route by credential, nobody, or, when left out, its address. */
    admission?: 'by_route' | 'free'
  }
}

const bodySizeMaxBytes = 1_048_576
const requestTimeoutMs = 30_000
const pathPartLengthMax = 512

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/**
 * The HTTP surface: registers every route behind its credential check and does not listen. Every error is an RFC 9457
 * problem without internals; `close()` stops accepting and lets running requests finish.
 */
export function buildApp(deps: ApiDeps, options: ApiOptions): FastifyInstance {
  const { routes, ids, logger, metrics } = deps
  const { rates, trustedProxies = [] } = options
  const limits = createRequestLimits(deps, rates)

  const methodsAt = createMethodFinder(routes.map(({ method, path }) => ({ method, path: apiPrefix + path })))

  /** Said before a byte of the body is read, whatever the method. */
  const nothingAt = (request: FastifyRequest, reply: FastifyReply): AppError => {
    const allowed = methodsAt(request.url.split('?')[0] ?? '')
    if (allowed.length === 0) return nothingThere()
    reply.header('allow', allowed.join(', '))
    return new AppError('method_not_allowed', 'This address does not know the method.')
  }

  const sendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const { status, body, headers, isUnexpected } = toProblem(error, request.id)
    const operation = operationOf(request)
    if (isUnexpected) logger.error({ err: error, requestId: request.id, operation }, 'request failed')
    return reply
      .code(status)
      .headers({ ...securityHeaders, ...headers, 'x-request-id': request.id })
      .type(problemMediaType)
      .send(stringifyJson(body))
  }

  const app = Fastify({
    logger: false,
    genReqId: () => ids.uuid(),
    requestIdHeader: false,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    bodyLimit: bodySizeMaxBytes,
    requestTimeout: requestTimeoutMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: pathPartLengthMax },
    frameworkErrors: (error, request, reply) => {
      // Typed for routes with their own generics, of which there are none here.
      void sendProblem(error, request as FastifyRequest, reply as unknown as FastifyReply)
    },
    clientErrorHandler: (error, socket) => {
      if (socket.writable && !('bytesWritten' in socket && Number(socket.bytesWritten) > 0))
        socket.write(badRequest(error.code))
      socket.destroy()
    },
  })

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...securityHeaders, 'x-request-id': request.id })
    if (request.routeOptions.config.admission === undefined) admitAnonymous(request, reply, limits)
    if (request.is404) throw nothingAt(request, reply)
  })
  app.addHook('onResponse', async (request, reply) => {
    const operation = operationOf(request)
    const status = `${Math.floor(reply.statusCode / 100)}xx`
    metrics.httpRequests.inc({ operation, status })
    metrics.httpDuration.observe({ operation }, reply.elapsedTime / 1000)
    logger.debug(
      { requestId: request.id, operation, status: reply.statusCode, durationMs: reply.elapsedTime },
      'request',
    )
  })
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) => sendProblem(nothingThere(), request, reply))
  // Bodies are read as bytes: what they may be is decided by the route.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  for (const route of routes) registerRoute(app, route, { ...deps, limits, onReply: options.onReply })
  registerSystemRoutes(app, deps, { metricsToken: options.metricsToken })
  registerDocs(app, createOpenApi(routes, { version: options.version, publicUrl: options.publicUrl }))
  return app
}

function nothingThere(): AppError {
  return new AppError('not_found', 'There is nothing at this address.')
}

function operationOf(request: FastifyRequest): string {
  return request.routeOptions.config.operation ?? (request.routeOptions.url === undefined ? 'unknown' : 'docs')
}

/** For what Node could not even read as HTTP. */
function badRequest(code: string | undefined): string {
  const status = code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const { body } = toProblem(new AppError('invalid_request', 'The request is malformed.'), '')
  const text = stringifyJson(body)
  return `HTTP/1.1 ${status}\r\ncontent-type: ${problemMediaType}\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`
}
