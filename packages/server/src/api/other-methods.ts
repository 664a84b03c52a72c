import type { FastifyInstance } from 'fastify'
import { AppError } from '../platform/errors.ts'

type Address = { method: string; path: string }

const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const

/** Answers 405 with Allow for every other method of a known path. */
export function registerOtherMethods(app: FastifyInstance, addresses: readonly Address[]): void {
  for (const path of new Set(addresses.map((address) => address.path))) {
    const allowed = methodsOf(addresses, path)
    // `/monitors/validate` also matches `/monitors/:monitor_id`, whose methods must stay reachable.
    const reachable = new Set(
      addresses.filter((other) => covers(other.path, path)).flatMap((other) => methodsOf(addresses, other.path)),
    )
    const method = allMethods.filter((candidate) => !reachable.has(candidate))
    app.route({
      method,
      url: path,
      config: { operation: 'method_not_allowed' },
      onRequest: async (_request, reply) => {
        reply.header('allow', [...allowed].sort().join(', '))
        throw new AppError('method_not_allowed', 'This address does not know the method.')
      },
      handler: () => undefined,
    })
  }
}

function methodsOf(addresses: readonly Address[], path: string): string[] {
  return addresses
    .filter((address) => address.path === path)
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}

function covers(general: string, path: string): boolean {
  const [wide, narrow] = [general.split('/'), path.split('/')]
  return (
    wide.length === narrow.length &&
    wide.every((segment, index) => segment.startsWith(':') || segment === narrow[index])
  )
}
