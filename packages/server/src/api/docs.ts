import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { OpenApiDocument } from './openapi.ts'

// Everything comes from this server; the pages carry no inline script.
const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The document at /openapi.json and its pages at /docs. */
export function registerDocs(app: FastifyInstance, document: OpenApiDocument): void {
  const text = JSON.stringify(document)
  app.get('/openapi.json', { config: { operation: 'openapi' } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(text),
  )
  void app.register(swagger, { mode: 'static', specification: { document: JSON.parse(text) } })
  void app.register(swaggerUi, { routePrefix: '/docs', staticCSP: docsPolicy, uiConfig: { url: '/openapi.json' } })
}
