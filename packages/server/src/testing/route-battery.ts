import { expect, it } from 'vitest'
import {
  grantedPermissions,
  roleMay,
  roles,
  type GrantedPermission,
  type KeyPermission,
} from '../tenants/permissions.ts'
import type { Route } from '../tenants/route.ts'
import { monitorBody, networkBody, triggerBody } from './configuration-api.ts'
import type { TestApi, TestReply, TestTenant, TestUser } from './api-harness.ts'

export type Battery = {
  api: TestApi
  /** The routes under test; all of `api.routes` or some. */
  routes: readonly Route[]
  tenant: TestTenant
  /** Who may use the routes of operators; a user of no tenant that is tested. */
  operator: TestUser
  /** Path parameters that name existing objects of the tenant, by name; others name nothing. */
  params?: Record<string, string>
}

type TenantRoute = Extract<Route, { access: 'tenant' }>
type Outcome = { operation: string; got: unknown }

const nothing = '018f0000-0000-7000-8000-00000000dead'
const bodySizeMax = 1_048_576

/**
 * What every route owes: declared in a describe block with the fixture that `beforeAll` has made. Each test goes over all
 * routes and expects an empty list of those that answered otherwise.
 */
export function itHoldsForEveryRoute(open: () => Battery): void {
  it('answers 401 without credentials, with a bad scheme, a made-up token and a made-up key', async () => {
    const { api, routes, tenant, params } = open()
    const protectedRoutes = routes.filter((route) => route.access !== 'public')
    const bad = [undefined, 'Basic abc', 'Bearer', 'Bearer x.y.z', `Bearer smt_${'A'.repeat(71)}`, tenant.owner.token]
    const wrong: Outcome[] = []
    for (const route of protectedRoutes) {
      for (const authorization of bad) {
        const reply = await send(api, route, { slug: tenant.slug, params, authorization })
        if (reply.status !== 401 || reply.json.code !== 'unauthenticated')
          wrong.push({ operation: route.operationId, got: reply.text })
      }
      const inQuery = await api.request(route.method, pathOf(route, tenant.slug, params), {
        query: `access_token=${tenant.owner.token}`,
      })
      if (inQuery.status !== 401) wrong.push({ operation: route.operationId, got: inQuery.text })
    }
    expect(wrong).toEqual([])
  })

  it('answers each role and each key by the permission table alone', async () => {
    const { api, routes, tenant, params } = open()
    const users = new Map<string, TestUser>()
    for (const role of roles) users.set(role, await api.addUser(tenant, role))
    const wrong: Outcome[] = []
    const judge = async (
      route: TenantRoute,
      token: string | undefined,
      expected: { who: string; isAllowed: boolean },
    ) => {
      const reply = await send(api, route, { slug: tenant.slug, params, authorization: `Bearer ${token}` })
      const isRefused =
        reply.status === 403 && reply.json.code === 'forbidden' && reply.json.permission === route.permission
      const isLetIn = reply.status !== 401 && reply.status !== 403 && reply.status !== 405
      if (expected.isAllowed ? !isLetIn : !isRefused)
        wrong.push({ operation: `${route.operationId} by ${expected.who}`, got: reply.text })
    }
    const keys = new Map<string, string>()
    const keyFor = async (label: string, permissions: KeyPermission[]) => {
      const known = keys.get(label) ?? (await api.createKey(tenant, permissions))
      keys.set(label, known)
      return known
    }
    for (const route of routes.filter(isTenantRoute)) {
      for (const role of roles) {
        await judge(route, users.get(role)?.token, { who: role, isAllowed: roleMay(role, route.permission) })
      }
      const { permission } = route
      const scoped = await keyFor(permission, toKeyPermissions([permission]))
      await judge(route, scoped, { who: `a key with ${permission}`, isAllowed: true })
      const others = grantedPermissions.filter((other) => other !== permission)
      const unscoped = await keyFor(`not ${permission}`, toKeyPermissions(others))
      await judge(route, unscoped, { who: `a key without ${permission}`, isAllowed: false })
    }
    expect(wrong).toEqual([])
  })

  it('of operators answers 404 to whoever is none, whatever the role in a tenant', async () => {
    const { api, routes, tenant, params } = open()
    const key = await api.createKey(tenant, toKeyPermissions(grantedPermissions))
    const wrong: Outcome[] = []
    for (const route of routes.filter(({ access }) => access === 'operator')) {
      for (const token of [tenant.owner.token, key]) {
        const reply = await send(api, route, { slug: tenant.slug, params, authorization: `Bearer ${token}` })
        if (reply.status !== 404 || reply.json.detail !== 'There is nothing at this address.')
          wrong.push({ operation: route.operationId, got: reply.text })
      }
    }
    expect(wrong).toEqual([])
  })

  it('answers each key with one permission where that permission is asked for, and 403 everywhere else', async () => {
    const { api, routes, tenant, params } = open()
    const wrong: Outcome[] = []
    for (const permission of grantedPermissions) {
      const key = await api.createKey(tenant, toKeyPermissions([permission]))
      for (const route of routes.filter(isTenantRoute)) {
        const reply = await send(api, route, { slug: tenant.slug, params, authorization: `Bearer ${key}` })
        const isRefused = reply.status === 403 && reply.json.permission === route.permission
        if (isRefused === (route.permission === permission) || reply.status === 401)
          wrong.push({ operation: `${route.operationId} by a key with ${permission}`, got: reply.text })
      }
    }
    expect(wrong).toEqual([])
  })

  it('answers 404 where a path below one tenant names an object of another, and changes and shows nothing', async () => {
    const { api, routes, tenant, params = {} } = open()
    const stranger = await api.createTenant(`borrower-${routes.length}`)
    const wrong: Outcome[] = []
    let tried = 0
    for (const route of routes.filter(isTenantRoute)) {
      const borrowed = [...route.path.matchAll(/:([A-Za-z_]+)/g)]
        .map(([, name = '']) => name)
        .filter((name) => name in params)
      if (borrowed.length === 0) continue
      tried += 1
      const reply = await api.request(route.method, pathOf(route, stranger.slug, params), {
        token: stranger.owner.token,
        ...(route.body === undefined ? {} : { body: foreignBody(route, params) }),
      })
      const isSilent = [tenant.id, tenant.slug, tenant.owner.email].every((name) => !reply.text.includes(name))
      if (reply.status !== 404 || !isSilent)
        wrong.push({ operation: route.operationId, got: [reply.status, reply.text] })
    }
    expect(tried).toBeGreaterThan(1)
    expect(wrong).toEqual([])
  })

  it('answers members and keys of another tenant exactly as if this one did not exist', async () => {
    const { api, routes, tenant, params } = open()
    const stranger = await api.createTenant(`stranger-${routes.length}`)
    const key = await api.createKey(stranger, toKeyPermissions(grantedPermissions))
    const wrong: Outcome[] = []
    for (const route of routes.filter(isTenantRoute)) {
      for (const token of [stranger.owner.token, key]) {
        const authorization = `Bearer ${token}`
        const existing = await send(api, route, { slug: tenant.slug, params, authorization })
        const absent = await send(api, route, { slug: 'nobody-has-this-slug', params, authorization })
        const isSame =
          existing.status === 404 && absent.status === 404 && withoutRequestId(existing) === withoutRequestId(absent)
        const names = [
          tenant.id,
          tenant.slug,
          tenant.name,
          tenant.owner.id,
          tenant.owner.email,
          ...Object.values(params ?? {}),
        ]
        const isSilent = names.every((name) => !existing.text.includes(name))
        if (!isSame || !isSilent) wrong.push({ operation: route.operationId, got: existing.text })
      }
    }
    expect(wrong).toEqual([])
  })

  const bodies: {
    guarantee: string
    raw: string | Buffer
    headers?: Record<string, string>
    status: number
    code: string
  }[] = [
    { guarantee: '400 for malformed JSON', raw: '{"a":', status: 400, code: 'malformed_json' },
    { guarantee: '400 for an empty body', raw: '', status: 400, code: 'malformed_json' },
    { guarantee: '400 for a repeated key', raw: '{"a":1,"a":2}', status: 400, code: 'malformed_json' },
    {
      guarantee: '400 for a body that is not UTF-8',
      raw: Buffer.from([0x22, 0xff, 0x22]),
      status: 400,
      code: 'malformed_json',
    },
    {
      guarantee: '400 for deep nesting',
      raw: `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
      status: 400,
      code: 'malformed_json',
    },
    {
      guarantee: '413 for an oversized body',
      raw: `"${'a'.repeat(bodySizeMax)}"`,
      status: 413,
      code: 'payload_too_large',
    },
    {
      guarantee: '415 for another content type',
      raw: '{}',
      headers: { 'content-type': 'text/plain' },
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      guarantee: '415 for a compressed body',
      raw: '{}',
      headers: { 'content-encoding': 'gzip' },
      status: 415,
      code: 'unsupported_media_type',
    },
    { guarantee: '422 for an array instead of an object', raw: '[]', status: 422, code: 'invalid_object' },
  ]
  it.each(bodies)('answers $guarantee', async ({ raw, headers = {}, status, code }) => {
    const { api, routes, tenant, operator, params } = open()
    const wrong: Outcome[] = []
    for (const route of routes.filter((candidate) => candidate.body !== undefined)) {
      const reply = await api.request(route.method, pathOf(route, tenant.slug, params), {
        token: tokenFor(route, { tenant, operator }),
        raw,
        headers,
      })
      const isRefused = reply.status === status && reply.json.code === code
      if (!isRefused && !(status === 422 && isVerdict(reply)))
        wrong.push({ operation: route.operationId, got: reply.text })
    }
    expect(wrong).toEqual([])
  })

  it('answers 422 with its pointer for a field that is not known', async () => {
    const { api, routes, tenant, operator, params } = open()
    const wrong: Outcome[] = []
    for (const route of routes.filter(({ method }) => method !== 'GET')) {
      const reply = await api.request(route.method, pathOf(route, tenant.slug, params), {
        token: tokenFor(route, { tenant, operator }),
        body: { zz_unknown: 1 },
      })
      const pointers: string[] =
        reply.status === 422 || isVerdict(reply)
          ? reply.json.errors.map((problem: { pointer: string }) => problem.pointer)
          : []
      if (!pointers.includes('/zz_unknown')) wrong.push({ operation: route.operationId, got: reply.text })
    }
    expect(wrong).toEqual([])
  })

  it('answers 4xx for U+0000 in bodies, paths and queries, and for half a surrogate pair', async () => {
    const { api, routes, tenant, operator, params } = open()
    const wrong: Outcome[] = []
    for (const route of routes) {
      const token = tokenFor(route, { tenant, operator })
      const path = pathOf(route, tenant.slug, params)
      const paths = [
        pathOf(route, '%00', params),
        pathOf(route, '%ud800', params),
        pathOf(route, tenant.slug, allParams(route, '%00')),
      ]
      const texts = ['\\u0000', '\\ud800'].map((text) => `{"name":"${text}","email":"${text}","zz":"${text}"}`)
      const replies: TestReply[] = []
      // Only what cannot succeed is sent: each path differs from the right one, and a wrong body is refused.
      for (const other of paths.filter((candidate) => candidate !== path))
        replies.push(await api.request(route.method, other, { token }))
      if (route.method === 'GET') replies.push(await api.request('GET', path, { token, query: 'cursor=%00' }))
      if (route.body !== undefined)
        for (const raw of texts) replies.push(await api.request(route.method, path, { token, raw }))
      if (replies.some((reply) => !isVerdict(reply) && (reply.status < 400 || reply.status >= 500))) {
        wrong.push({ operation: route.operationId, got: replies.map(({ status, text }) => [status, text]) })
      }
    }
    expect(wrong).toEqual([])
  })

  it('answers 400 for a query parameter that is not known or given twice', async () => {
    const { api, routes, tenant, operator, params } = open()
    const wrong: Outcome[] = []
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      for (const query of ['zz_unknown=1', 'limit=1&limit=2']) {
        const reply = await api.request('GET', pathOf(route, tenant.slug, params), {
          token: tokenFor(route, { tenant, operator }),
          query,
        })
        if (reply.status !== 400 || reply.json.code !== 'invalid_request')
          wrong.push({ operation: route.operationId, got: reply.text })
      }
    }
    expect(wrong).toEqual([])
  })
}

/** `monitors/validate` answers what saving would, problems included, and changes nothing. */
function isVerdict(reply: TestReply): boolean {
  return reply.status === 200 && reply.json?.valid === false && reply.json.errors.length > 0
}

type Sent = { slug: string; params: Record<string, string> | undefined; authorization: string | undefined }

/** A request that changes nothing: a write goes no further than its content type. */
async function send(api: TestApi, route: Route, { slug, params, authorization }: Sent): Promise<TestReply> {
  const headers = authorization === undefined ? {} : { authorization }
  return route.method === 'GET'
    ? api.request('GET', pathOf(route, slug, params), { headers })
    : api.request(route.method, pathOf(route, slug, params), {
        raw: 'x',
        headers: { ...headers, 'content-type': 'text/plain' },
      })
}

function pathOf(route: Route, slug: string, params: Record<string, string> = {}): string {
  return route.path.replaceAll(/:([A-Za-z_]+)/g, (_, name: string) =>
    name === 'slug' ? slug : (params[name] ?? nothing),
  )
}

function allParams(route: Route, value: string): Record<string, string> {
  return Object.fromEntries([...route.path.matchAll(/:([A-Za-z_]+)/g)].map(([, name = '']) => [name, value]))
}

function tokenFor(route: Route, { tenant, operator }: Pick<Battery, 'tenant' | 'operator'>): string | undefined {
  if (route.access === 'operator') return operator.token
  return route.access === 'public' ? undefined : tenant.owner.token
}

function isTenantRoute(route: Route): route is TenantRoute {
  return route.access === 'tenant'
}

/** A body that its route accepts, about an object of another tenant. */
function foreignBody(route: Route, params: Record<string, string>): unknown {
  const { network_id: network = '', trigger_id: trigger = '', monitor_id: monitor = '' } = params
  const bodies: Record<string, unknown> = {
    replaceNetwork: networkBody(network),
    replaceTrigger: triggerBody(trigger),
    replaceMonitor: monitorBody(monitor, { networks: [], triggers: [] }),
    patchMember: { role: 'viewer' },
    explainMonitor: { tx_hash: `0x${'0'.repeat(64)}` },
    testTrigger: { sample: { chain: 'EVM' } },
  }
  return bodies[route.operationId] ?? {}
}

function toKeyPermissions(permissions: readonly GrantedPermission[]): KeyPermission[] {
  return permissions.map((permission) => {
    const [resource, action] = permission.split(':')
    return { resource, actions: [action] } as KeyPermission
  })
}

function withoutRequestId(reply: TestReply): string {
  return JSON.stringify({ ...reply.json, request_id: '' })
}
