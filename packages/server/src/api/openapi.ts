import { z } from 'zod'
import type { ErrorCode } from '../platform/errors.ts'
import { problemDetails } from '../tenants/write-warnings.ts'
import { errorCodes, httpStatusOf } from '../platform/errors.ts'
import type { Route } from '../tenants/route.ts'
import { createSchemaCollector, type JsonSchema, type SchemaCollector } from './openapi-schema.ts'
import { problemTitles } from './problem.ts'
import { rateLimitHeaderNames } from './rate-limit-headers.ts'
import { apiPrefix } from './register-route.ts'

export type OpenApiDocument = {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } }
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: Record<string, unknown>
  tags: { name: string }[]
}

export type Operation = { operationId: string } & Record<string, unknown>

const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(errorCodes),
    detail: z.string(),
    request_id: z.string(),
    errors: z
      .array(
        z.looseObject({
          pointer: z.string().optional().meta({ description: 'RFC 6901, from the root of the body.' }),
          parameter: z.string().optional().meta({ description: 'Instead of the pointer: a query parameter.' }),
          code: z.string(),
          message: z.string(),
          ...problemDetails,
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; further members by code.' })

/** The OpenAPI 3.1 document of these routes, from the schemas that they are validated with. */
export function createOpenApi(
  routes: readonly Route[],
  { version, publicUrl = '/' }: { version: string; publicUrl?: string | undefined },
): OpenApiDocument {
  const schemas = createSchemaCollector()
  const problemRef = schemas.add(problem, { io: 'output', name: 'problem' })
  const paths: OpenApiDocument['paths'] = {}
  for (const route of routes) {
    const path = apiPrefix + route.path.replaceAll(/:([A-Za-z_]+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Stellar Monitor Tenant Isolation Engine',
      version,
      description:
        'Monitors of OpenZeppelin Monitor for many tenants. Errors are RFC 9457 problems; lists take `limit` and `cursor`; ' +
        'writes below a tenant take `Idempotency-Key`; `ETag` is a version, to be sent back as `If-Match`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.components(),
      headers: headerComponents,
      responses: Object.fromEntries(errorCodes.map((code) => [code, errorAnswer(code, problemRef)])),
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Of a user, from `auth/login`.',
        },
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'smt_…', description: 'Of a tenant, from `api-keys`.' },
      },
    },
  }
}

function operationOf(route: Route, schemas: SchemaCollector): Operation {
  const { operationId, summary, description, tag } = route
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...(route.access === 'tenant' ? { 'x-permission': route.permission } : {}),
    security: securityOf(route),
    parameters: parametersOf(route, schemas),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route, route.body, schemas) }),
    responses: responsesOf(route, schemas),
  }
}

function securityOf({ access }: Route): Record<string, string[]>[] {
  if (access === 'public') return []
  return access === 'session' || access === 'operator' ? [{ accessToken: [] }] : [{ accessToken: [] }, { apiKey: [] }]
}

function parametersOf(route: Route, schemas: SchemaCollector): JsonSchema[] {
  const named = (schema: z.ZodType | undefined, place: 'path' | 'query') =>
    schema instanceof z.ZodObject
      ? Object.entries(schema.shape).map(([name, field]) => {
          const type: z.ZodType = z.instanceof(z.ZodType).parse(field)
          const { description, ...described } = schemas.add(type, { io: 'input', name: `${route.operationId}_${name}` })
          return {
            name,
            in: place,
            // Any query parameter may be left out: each has a default or is optional.
            required: place === 'path' || !type.safeParse(undefined).success,
            ...(description === undefined ? {} : { description }),
            schema: described,
          }
        })
      : []
  const isTenantWrite = route.access === 'tenant' && route.method !== 'GET'
  const isOperatorWrite = route.access === 'operator' && route.method !== 'GET'
  return [
    ...named(route.params, 'path'),
    ...named(route.query, 'query'),
    ...(isTenantWrite
      ? [
          headerParameter('Idempotency-Key', {
            description: 'A repeat within 24 hours gets the first answer.',
            pattern: '^[!-~]{1,255}$',
          }),
        ]
      : []),
    ...((isTenantWrite || isOperatorWrite) && route.method !== 'POST'
      ? [headerParameter('If-Match', { description: 'The ETag that was read.' })]
      : []),
  ]
}

function headerParameter(
  name: string,
  { description, ...form }: { description: string; pattern?: string },
): JsonSchema {
  return { name, in: 'header', required: false, description, schema: { type: 'string', ...form } }
}

function bodyOf(route: Route, schema: z.ZodType, schemas: SchemaCollector): JsonSchema {
  return {
    required: true,
    content: { 'application/json': { schema: schemas.add(schema, { io: 'input', name: `${route.operationId}Body` }) } },
  }
}

function responsesOf(route: Route, schemas: SchemaCollector): Record<string, unknown> {
  const answers = Object.entries(route.responses).map(([status, schema]) => [
    status,
    schema === null
      ? { description: 'Done.', headers: rateHeaders }
      : {
          description: 'Done.',
          headers: rateHeaders,
          content: {
            'application/json': { schema: schemas.add(schema, { io: 'output', name: `${route.operationId}Answer` }) },
            ...(status === '200' ? otherTypesOf(route) : {}),
          },
        },
  ])
  // One status can have several codes; the first is the one that it is described by.
  const errors = errorsOf(route).map((code) => [String(httpStatusOf(code)), { $ref: `#/components/responses/${code}` }])
  return Object.fromEntries([...errors.toReversed(), ...answers])
}

function otherTypesOf({ otherTypes = {} }: Route): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(otherTypes).map(([type, description]) => [type, { schema: { type: 'string', description } }]),
  )
}

/** The errors that a route can answer, by what it is. */
function errorsOf(route: Route): ErrorCode[] {
  const isWrite = route.method !== 'GET'
  const isTenant = route.access === 'tenant'
  const isOperator = route.access === 'operator'
  const codes: [ErrorCode, boolean][] = [
    ['invalid_request', true],
    ['unauthenticated', route.access !== 'public' || route.tag === 'auth'],
    ['forbidden', isTenant || route.access === 'session'],
    ['registration_closed', route.access === 'public' && isWrite],
    ['not_found', isTenant || isOperator],
    ['conflict', isWrite],
    ['precondition_failed', (isTenant || isOperator) && isWrite && route.method !== 'POST'],
    ['payload_too_large', isWrite],
    ['unsupported_media_type', isWrite],
    ['invalid_object', isWrite],
    ['rate_limited', true],
    ['internal_error', true],
    ['busy', true],
  ]
  return [...codes.filter(([, isPossible]) => isPossible).map(([code]) => code), ...(route.errors ?? [])]
}

function errorAnswer(code: ErrorCode, schema: JsonSchema): JsonSchema {
  const status = httpStatusOf(code)
  return {
    description: `${problemTitles[code]}.`,
    headers: {
      ...rateHeaders,
      ...(status === 429 || status === 503 ? { 'Retry-After': headerRef('RetryAfter') } : {}),
    },
    content: { 'application/problem+json': { schema } },
  }
}

function headerRef(name: string): JsonSchema {
  return { $ref: `#/components/headers/${name}` }
}

const rateHeaders = {
  [rateLimitHeaderNames.policy]: headerRef('RateLimitPolicy'),
  [rateLimitHeaderNames.state]: headerRef('RateLimit'),
}

const headerComponents: Record<string, JsonSchema> = {
  RateLimitPolicy: {
    description: 'What the request counted against: requests `q` in a window of `w` seconds.',
    schema: { type: 'string' },
    example: '"caller";q=600;w=60, "tenant";q=3000;w=60',
  },
  RateLimit: {
    description: 'Of each: requests `r` that may come at once, and all of them again in `t` seconds.',
    schema: { type: 'string' },
    example: '"caller";r=599;t=1, "tenant";r=2999;t=1',
  },
  RetryAfter: {
    description: 'Seconds after which the same request is let in.',
    schema: { type: 'integer', minimum: 1 },
    example: 2,
  },
}
