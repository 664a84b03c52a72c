import { METHODS } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOpenApi } from '../../src/api/openapi.ts'
import { problemsListedMax } from '../../src/platform/errors.ts'
import type { Route } from '../../src/tenants/route.ts'
import type { TestReply } from '../../src/testing/api-harness.ts'
import { monitorBody } from '../../src/testing/configuration-api.ts'
import { startFurnishedApi, type FurnishedApi } from '../../src/testing/furnished-api.ts'

let scene: FurnishedApi
beforeAll(async () => {
  scene = await startFurnishedApi()
})
afterAll(() => scene.api.close())

type Outcome = { operation: string; got: unknown }
type Named = Record<string, unknown>

/** What attackers add, besides what answers show. */
const coveted = [
  'id',
  'tenant_id',
  'user_id',
  'owner',
  'is_operator',
  'is_admin',
  'plan',
  'state',
  'status',
  'version',
  'created_at',
  'updated_at',
  'deleted_at',
  'password_hash',
  'quota',
  'limit',
  'used',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
]

/** What networks, triggers and monitors are shown with and may be sent back with, which changes nothing. */
const echoed = ['id', 'is_active', 'version', 'status', 'created_at', 'updated_at']

function pathOf({ path }: Route): string {
  return path.replaceAll(/:([A-Za-z_]+)/g, (_, name: string) =>
    name === 'slug' ? scene.tenant.slug : (scene.params[name] ?? '018f0000-0000-7000-8000-00000000dead'),
  )
}

function send(route: Route, raw: string): Promise<TestReply> {
  const { operator, tenant } = scene
  const token = { public: undefined, operator: operator.token, session: tenant.owner.token, tenant: tenant.owner.token }
  return scene.api.request(route.method, pathOf(route), { token: token[route.access], raw })
}

/** Problems of a refusal, or of the verdict that `validate` gives instead of one. */
function pointersOf({ status, json }: TestReply): string[] {
  const isRefused = status === 422 || (status === 200 && json?.valid === false)
  return isRefused ? json.errors.map((problem: { pointer: string }) => problem.pointer) : []
}

/** Names in a schema of the document, through its references. */
function fieldsOf(schema: unknown, components: Named, depth = 0): string[] {
  if (typeof schema !== 'object' || schema === null || depth > 4) return []
  const { $ref, properties, anyOf, oneOf, allOf } = schema as Named
  const referred = typeof $ref === 'string' ? components[$ref.split('/').at(-1) ?? ''] : undefined
  const parts = [referred, ...[anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list : []))]
  return [...Object.keys(properties ?? {}), ...parts.flatMap((part) => fieldsOf(part, components, depth + 1))]
}

/** Of each operation with a body, from the OpenAPI document: what it takes, and what its answers show beyond that. */
function operationsWithBody(): { route: Route; foreign: string[] }[] {
  const document = createOpenApi(scene.api.routes, { version: '0' })
  const components = document.components['schemas'] as Named
  return scene.api.routes
    .filter((route) => route.body !== undefined)
    .map((route) => {
      const path = `/api/v1${route.path}`.replaceAll(/:(\w+)/g, '{$1}')
      const operation = document.paths[path]?.[route.method.toLowerCase()] as Named
      const body = contentOf(operation['requestBody'])
      const known = fieldsOf(body, components)
      const shown = Object.values(operation['responses'] as Named).flatMap((answer) =>
        fieldsOf(contentOf(answer), components),
      )
      const isObject = route.bodyValidation === 'service'
      const tried = isObject ? coveted.filter((field) => !echoed.includes(field)) : [...shown, ...coveted]
      return { route, foreign: [...new Set(tried)].filter((field) => !known.includes(field)) }
    })
}

function contentOf(part: unknown): unknown {
  const { content } = part as { content?: Record<string, { schema: unknown }> }
  return content?.['application/json']?.schema
}

describe('hostile bodies, on every operation with a body', () => {
  it('cannot set what is not theirs: each read-only, secret or inherited name is refused with its pointer', async () => {
    const wrong: Outcome[] = []
    const operations = operationsWithBody()
    expect(operations.length).toBeGreaterThan(18)
    for (const { route, foreign } of operations) {
      expect(foreign.length).toBeGreaterThan(10)
      // As text, since an object literal would make `__proto__` something else.
      const raw = `{${foreign.map((field) => `${JSON.stringify(field)}: {"polluted": true}`).join(', ')}}`
      const reply = await send(route, raw)
      const pointers = pointersOf(reply)
      const accepted = foreign.filter((field) => !pointers.includes(`/${field}`))
      if (accepted.length > 0) wrong.push({ operation: route.operationId, got: [reply.status, accepted] })
    }
    expect(wrong).toEqual([])
    expect('polluted' in {}).toBe(false)
  })

  it('change nothing by what an object is only shown with', async () => {
    const { api, tenant, params } = scene
    const { token } = tenant.owner
    const hostile = {
      id: '018f0000-0000-7000-8000-00000000dead',
      is_active: false,
      version: 999,
      status: { last_evaluated_block: 999, effective_from_block: 999 },
      created_at: '1999-01-01T00:00:00.000Z',
      updated_at: '1999-01-01T00:00:00.000Z',
      disabled_at: '1999-01-01T00:00:00.000Z',
    }
    for (const kind of ['network', 'trigger', 'monitor']) {
      const path = `/tenants/acme/${kind}s/${params[`${kind}_id`]}`
      const before = (await api.request('GET', path, { token })).json
      const patched = await api.request('PATCH', path, { token, body: { ...hostile, labels: { seen: kind } } })
      expect(patched.status).toBe(200)
      const { updated_at: _, ...after } = (await api.request('GET', path, { token })).json
      const { updated_at: then, ...unchanged } = before
      expect(after).toEqual({ ...unchanged, labels: { seen: kind }, version: before.version + 1 })
      expect(then).not.toBe(hostile.updated_at)
    }
  })

  it('pollute no prototype from inside either, and repeat no key at any depth', async () => {
    const wrong: Outcome[] = []
    for (const { route } of operationsWithBody()) {
      const evil = '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'
      const nested = await send(
        route,
        `{"configuration": ${evil}, "labels": ${evil}, "name": ${evil}, "quotas": ${evil}}`,
      )
      if (pointersOf(nested).length === 0) wrong.push({ operation: route.operationId, got: nested.text })
      const repeated = await send(route, '{"configuration": {"a": [{"b": 1, "b": 2}]}}')
      if (repeated.status !== 400 || repeated.json.code !== 'malformed_json')
        wrong.push({ operation: route.operationId, got: repeated.text })
    }
    expect(wrong).toEqual([])
    expect('polluted' in {}).toBe(false)
  })

  it('are told at most 1,000 of their problems, and how many there are', async () => {
    const wrong: Outcome[] = []
    const raw = `{${Array.from({ length: 5_000 }, (_, index) => `"unknown_${index}": ${index}`).join(', ')}}`
    for (const { route } of operationsWithBody()) {
      const { status, json, text } = await send(route, raw)
      const isCapped = json.errors?.length === problemsListedMax
      const isCounted = status === 200 || /^[5-9],?\d{3} problems/.test(json.detail)
      if (!isCapped || !isCounted) wrong.push({ operation: route.operationId, got: [status, text.slice(0, 200)] })
    }
    expect(wrong).toEqual([])
  })

  it('are answered without a stack, a path of a file or SQL', async () => {
    const bodies = ['{', '[]', '"\\ud800"', '{"configuration": []}', '{"name": {}}', '1e999', 'null']
    const wrong: Outcome[] = []
    for (const { route } of operationsWithBody()) {
      for (const raw of bodies) {
        const { status, text } = await send(route, raw)
        if (status >= 500 || /\bat \S+ \(|node_modules|\.[jt]s:\d|file:\/\/|\bselect\b .* from|ZodError/i.test(text))
          wrong.push({ operation: route.operationId, got: [status, text] })
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('every address', () => {
  it('answers 405 with Allow to each method that it does not know, credentials or not', async () => {
    const wrong: Outcome[] = []
    const { routes } = scene.api
    for (const path of new Set(routes.map((route) => route.path))) {
      const route = routes.find((candidate) => candidate.path === path)
      if (route === undefined) throw new Error(path)
      const url = pathOf(route)
      // `/monitors/validate` is also what `/monitors/:monitor_id` could name: those methods find the monitor, or none.
      const known = methodsOf(routes.filter((other) => covers(other.path, path)))
      const allow = methodsOf(routes.filter((other) => other.path === path)).join(', ')
      for (const method of METHODS.filter((candidate) => candidate !== 'CONNECT' && !known.includes(candidate))) {
        const reply = await scene.api.request(method, url)
        if (reply.status !== 405 || reply.headers['allow'] !== allow)
          wrong.push({ operation: `${method} ${path}`, got: [reply.status, reply.headers['allow'], allow] })
      }
    }
    expect(wrong).toEqual([])
  })

  it('sends the same headers with success, refusal and failure', async () => {
    const { api, tenant } = scene
    const { token } = tenant.owner
    const replies = [
      await api.request('GET', '/tenants/acme', { token }),
      await api.request('GET', '/tenants/acme'),
      await api.request('GET', '/tenants/nobody', { token }),
      await api.request('POST', '/tenants/acme/monitors', { token, raw: '{' }),
      await api.request('POST', '/tenants/acme/monitors', { token, body: monitorBody('x', { networks: ['none'] }) }),
      await api.request('PATCH', '/auth/login', { token }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([200, 401, 404, 400, 422, 405])
    const secure = {
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    }
    const own = ['allow', 'etag', 'www-authenticate', 'retry-after', 'date', 'connection']
    for (const { headers } of replies) {
      expect(headers).toMatchObject(secure)
      const others = Object.keys(headers).filter((name) => !(name in secure) && !own.includes(name))
      expect(others.toSorted()).toEqual([
        'content-length',
        'content-type',
        'ratelimit',
        'ratelimit-policy',
        'x-request-id',
      ])
    }
  })
})

function methodsOf(routes: readonly Route[]): string[] {
  return [...new Set(routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].toSorted()
}

function covers(general: string, path: string): boolean {
  const [wide, narrow] = [general.split('/'), path.split('/')]
  return (
    wide.length === narrow.length &&
    wide.every((segment, index) => segment.startsWith(':') || segment === narrow[index])
  )
}
