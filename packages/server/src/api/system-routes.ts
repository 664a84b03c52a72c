import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Metrics } from '../platform/metrics.ts'
import { AppError } from '../platform/errors.ts'

/** Whether this process can serve, and why not. Never about a tenant's own node. */
export type Readiness = { isReady: boolean; checks: Record<string, unknown> }

export type SystemDeps = {
  metrics: Pick<Metrics, 'registry'>
  readiness: () => Promise<Readiness>
}

/** Health and metrics: for the operator's machines, outside of /api/v1. */
export function registerSystemRoutes(
  app: FastifyInstance,
  { metrics, readiness }: SystemDeps,
  { metricsToken }: { metricsToken?: string | undefined },
): void {
  app.get('/health/live', { config: { operation: 'health', admission: 'free' } }, async () => ({ status: 'live' }))

  app.get('/health/ready', { config: { operation: 'health', admission: 'free' } }, async (_request, reply) => {
    const { isReady, checks } = await readiness()
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'unavailable', checks })
  })

  app.get('/metrics', { config: { operation: 'metrics', admission: 'free' } }, async (request, reply) => {
    if (!maySeeMetrics(request, metricsToken)) throw new AppError('not_found', 'There is nothing at this address.')
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
}

/** With a token its bearer, else a client on this machine that did not come through a proxy. */
function maySeeMetrics(request: FastifyRequest, metricsToken: string | undefined): boolean {
  const { headers } = request
  if (metricsToken !== undefined) return isSame(headers.authorization ?? '', `Bearer ${metricsToken}`)
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'].some(
    (name) => headers[name] !== undefined,
  )
  return !isForwarded && /^(::ffff:)?127\.|^::1$/.test(request.socket.remoteAddress ?? '')
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [given, expected].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}
