import { randomBytes } from 'node:crypto'
import { parseJson, stringifyJson } from '@smt/engine'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { buildApp } from '../api/app.ts'
import type { ApiRates } from '../api/request-limits.ts'
import type { Readiness } from '../api/system-routes.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseOptions } from '../platform/db/doors.ts'
import { systemIds, type Ids } from '../platform/ids.ts'
import { createLogger, type Logger } from '../platform/logger.ts'
import { createMetrics, type Metrics } from '../platform/metrics.ts'
import { createSecrets, type Secrets } from '../platform/secrets.ts'
import type { RegistrationMode } from '../tenants/account-service.ts'
import { createIdentity, type Identity } from '../tenants/identity.ts'
import type { KeyPermission, Role } from '../tenants/permissions.ts'
import type { Route, RouteReply } from '../tenants/route.ts'
import { createTenantKeys, type TenantKeys } from '../tenants/tenant-key-service.ts'
import { openTestDatabase, type TestDatabase } from './harness.ts'

/** What the routes of further domains are made from. */
export type TestApiParts = {
  database: Database
  secrets: Secrets
  tenantKeys: TenantKeys
  clock: TestClock
  ids: Ids
}

export type TestApiOptions = {
  /** Routes besides those of the tenants domain. */
  routes?: (parts: TestApiParts) => Route[]
  registration?: RegistrationMode
  database?: Partial<DatabaseOptions>
  readiness?: () => Promise<Readiness>
  metricsToken?: string
  /** Requests a minute; unless a test is about them, more than any test sends. */
  rates?: Partial<ApiRates>
  missesPerMinute?: number
  trustedProxies?: string[]
  logger?: Logger
}

export type TestRequest = {
  token?: string | undefined
  body?: unknown
  /** A body as it is, instead of one written as JSON. */
  raw?: string | Buffer
  headers?: Record<string, string>
  query?: string
  /** Where the request comes from; loopback by default. */
  remoteAddress?: string
}

export type TestReply = {
  status: number
  headers: Record<string, string | string[] | number | undefined>
  text: string
  // Tests reach into answers of every shape; the schemas of the routes have been applied to them already.
  // oxlint-disable-next-line typescript/no-explicit-any
  json: any
}

export type TestTenant = { id: string; slug: string; name: string; owner: TestUser }
export type TestUser = { id: string; email: string; token: string; refreshToken: string }

export type TestClock = Clock & { advance(ms: number): void }

/** The whole API over a database of its own, with helpers that go through HTTP like any client. */
export type TestApi = TestApiParts & {
  test: TestDatabase
  app: FastifyInstance
  routes: Route[]
  identity: Identity
  metrics: Metrics
  /** `path` is below /api/v1. Answers are checked against the schemas of their route. */
  request(method: string, path: string, options?: TestRequest): Promise<TestReply>
  createTenant(slug: string): Promise<TestTenant>
  /** A new user with this role in the tenant. */
  addUser(tenant: TestTenant, role: Role): Promise<TestUser>
  /** A new user who is an operator. */
  addOperator(): Promise<TestUser>
  createKey(tenant: TestTenant, permissions: KeyPermission[]): Promise<string>
  close(): Promise<void>
}

const rateMax = 1_000_000_000

export const testPassword = 'correct horse battery staple'

export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const test = await openTestDatabase(options.database)
  const secrets = createSecrets(randomBytes(32))
  const parts: TestApiParts = {
    database: test.database,
    secrets,
    tenantKeys: createTenantKeys({ secrets }),
    clock: createTestClock(),
    ids: systemIds,
  }
  const identity = createIdentity(parts, {
    registration: options.registration ?? 'open',
    missesPerMinute: options.missesPerMinute ?? rateMax,
  })
  const routes = [...identity.routes, ...(options.routes?.(parts) ?? [])]
  const metrics = createMetrics()
  const app = buildApp(
    {
      ...parts,
      routes,
      authenticator: identity.authenticator,
      writeOnce: identity.writeOnce,
      logger: options.logger ?? createLogger({ level: 'silent' }),
      metrics,
      readiness: options.readiness ?? (async () => ({ isReady: true, checks: { database: 'ok' } })),
    },
    {
      version: '0.0.0-test',
      metricsToken: options.metricsToken,
      onReply: assertReply,
      rates: { caller: rateMax, tenant: rateMax, address: rateMax, ...options.rates },
      trustedProxies: options.trustedProxies ?? [],
    },
  )
  await app.ready()

  const request: TestApi['request'] = async (
    method,
    path,
    { token, body, raw, headers = {}, query, remoteAddress } = {},
  ) => {
    const payload = raw ?? (body === undefined ? undefined : stringifyJson(body))
    const answer = await app.inject({
      // Any method: also those that are answered with 405.
      method: method as NonNullable<InjectOptions['method']>,
      url: `/api/v1${path}${query === undefined ? '' : `?${query}`}`,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { payload }),
      ...(remoteAddress === undefined ? {} : { remoteAddress }),
    })
    const text = answer.payload
    const isCsv = String(answer.headers['content-type'] ?? '').startsWith('text/csv')
    const json = text === '' || isCsv ? undefined : parseJson(text)
    return { status: answer.statusCode, headers: answer.headers, text, json }
  }

  const register = async (email: string, tenantSlug: string): Promise<TestUser> => {
    const body = { email, password: testPassword, tenant_name: `Tenant ${tenantSlug}`, tenant_slug: tenantSlug }
    const reply = await request('POST', '/auth/register', { body })
    if (reply.status !== 201) throw new Error(`registration failed: ${reply.text}`)
    const { user, access_token: token, refresh_token: refreshToken } = reply.json
    return { id: user.id, email, token, refreshToken }
  }

  let users = 0
  return {
    ...parts,
    test,
    app,
    routes,
    identity,
    metrics,
    request,
    createTenant: async (slug) => {
      const owner = await register(`owner@${slug}.example`, slug)
      const { json } = await request('GET', `/tenants/${slug}`, { token: owner.token })
      return { id: json.id, slug, name: json.name, owner }
    },
    addUser: async (tenant, role) => {
      users += 1
      const user = await register(`${role}-${users}@${tenant.slug}.example`, `home-${users}`)
      const body = { email: user.email, role }
      const added = await request('POST', `/tenants/${tenant.slug}/members`, { token: tenant.owner.token, body })
      if (added.status !== 201) throw new Error(`a member could not be added: ${added.text}`)
      return user
    },
    addOperator: async () => {
      users += 1
      const user = await register(`operator-${users}@example.com`, `home-${users}`)
      await test.admin.query('update users set is_operator = true where id = $1', [user.id])
      return user
    },
    createKey: async (tenant, permissions) => {
      const body = { name: 'test', permissions }
      const reply = await request('POST', `/tenants/${tenant.slug}/api-keys`, { token: tenant.owner.token, body })
      if (reply.status !== 201) throw new Error(`a key could not be created: ${reply.text}`)
      return reply.json.key
    },
    close: async () => {
      await app.close()
      await test.close()
    },
  }
}

function createTestClock(): TestClock {
  let aheadMs = 0
  return {
    now: () => new Date(Date.now() + aheadMs),
    sleep: async () => undefined,
    advance: (ms) => {
      aheadMs += ms
    },
  }
}

/** An answer that its route does not declare is a failure of the server. */
function assertReply(route: Route, { status, body, text }: RouteReply): void {
  if (text !== undefined) {
    if (status === 200 && Object.keys(route.otherTypes ?? {}).includes(text.type)) return
    throw new Error(`${route.operationId} does not declare ${text.type} for ${status}`)
  }
  const schema = route.responses[status]
  if (schema === undefined) throw new Error(`${route.operationId} does not declare status ${status}`)
  if (schema === null) {
    if (body !== undefined) throw new Error(`${route.operationId} declares no body for ${status}`)
    return
  }
  const parsed = schema.safeParse(body === undefined ? undefined : parseJson(stringifyJson(body), { maxDepth: 1_000 }))
  if (!parsed.success)
    throw new Error(`${route.operationId} answers another shape than declared: ${parsed.error.message}`)
}
