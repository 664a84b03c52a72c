import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { weakestRole } from '../tenants/permissions.ts'
import { publicRoute, type Route } from '../tenants/route.ts'
import { startTestApi, type TestApi } from '../testing/api-harness.ts'
import { createOpenApi, type OpenApiDocument } from './openapi.ts'

let api: TestApi
let document: OpenApiDocument

beforeAll(async () => {
  api = await startTestApi()
  document = JSON.parse((await api.app.inject('/openapi.json')).payload)
})
afterAll(() => api.close())

function operationsOf({ paths }: OpenApiDocument) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
}

describe('the OpenAPI document', () => {
  it('describes the registered routes, all of them and no others', () => {
    const described = operationsOf(document).map(
      ({ path, method }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    )
    const declared = api.routes.map(({ method, path }) => `${method} /api/v1${path}`)
    expect(described.toSorted()).toEqual(declared.toSorted())
    for (const { path, method } of operationsOf(document)) {
      const url = path.replaceAll(/\{(\w+)\}/g, ':$1')
      expect(api.app.hasRoute({ url, method: method as 'GET' }), `${method} ${url}`).toBe(true)
    }
    const registered = api.app.printRoutes({ includeHooks: false, commonPrefix: false })
    for (const line of registered.split('\n').filter((text) => text.includes('operation'))) expect(line).toBe('')
  })

  it('knows each operation by an id of its own', () => {
    const ids = operationsOf(document).map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('names for every route of a tenant a permission of the table', () => {
    for (const route of api.routes) {
      if (route.access === 'tenant') expect(Object.keys(weakestRole), route.operationId).toContain(route.permission)
      expect(route.path.startsWith('/tenants/:slug'), route.operationId).toBe(route.access === 'tenant')
    }
    const permissions = operationsOf(document).map(({ path, operation }) => [
      path.startsWith('/api/v1/tenants/{slug}'),
      'x-permission' in operation,
    ])
    for (const [isTenant, isNamed] of permissions) expect(isNamed).toBe(isTenant)
  })

  it('refers to nothing that it does not hold', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref)
    expect(refs.length).toBeGreaterThan(20)
    for (const ref of refs) {
      const found = ref
        .replace(/^#\//, '')
        .split('/')
        .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document)
      expect(found, ref).toBeDefined()
    }
    expect(JSON.stringify(document)).not.toContain('$defs')
  })

  it('declares path parameters, credentials, problems and bodies', () => {
    const { operation } = operationsOf(document).find((entry) => entry.operation.operationId === 'patchMember') ?? {
      operation: {},
    }
    expect(operation).toMatchObject({
      'x-permission': 'members:write',
      security: [{ accessToken: [] }, { apiKey: [] }],
      parameters: [
        { name: 'slug', in: 'path', required: true },
        { name: 'user_id', in: 'path', required: true },
        { name: 'Idempotency-Key', in: 'header', required: false },
        { name: 'If-Match', in: 'header', required: false },
      ],
      requestBody: { content: { 'application/json': { schema: { required: ['role'], additionalProperties: false } } } },
      responses: {
        200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Member' } } } },
        403: { $ref: '#/components/responses/forbidden' },
        404: { $ref: '#/components/responses/not_found' },
        422: { $ref: '#/components/responses/invalid_object' },
      },
    })
  })

  it('tells types that JSON Schema has no word for, recursive ones and ids that are used twice apart', () => {
    type Node = { name: string; children: Node[] }
    const node: z.ZodType<Node> = z.lazy(() => z.object({ name: z.string(), children: z.array(node) }))
    const route = (operationId: string, schema: z.ZodType): Route =>
      publicRoute({
        method: 'GET',
        path: `/${operationId}`,
        operationId,
        summary: '',
        tag: 'x',
        responses: { 200: schema },
        handler: async () => ({ status: 200 }),
      })
    const { components, paths } = createOpenApi(
      [
        route('one', z.object({ amount: z.bigint(), tree: node })),
        route('two', z.object({ a: z.number() }).meta({ id: 'Thing' })),
        route('three', z.object({ b: z.string() }).meta({ id: 'Thing3' })),
        route('four', z.array(z.object({ a: z.number() }).meta({ id: 'Other' }))),
      ],
      { version: '1' },
    )
    const schemas = z.record(z.string(), z.unknown()).parse(components['schemas'])
    const text = JSON.stringify({ schemas, paths })
    expect(text).toContain('"amount":{"type":"integer"}')
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(['Problem', 'Thing', 'Thing3', 'Other']))
    const names = Object.keys(schemas)
    for (const [, ref = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) expect(names).toContain(ref)
  })
})

describe('the pages at /docs', () => {
  it('come from this server alone and run no inline script', async () => {
    const page = await api.app.inject('/docs/')
    expect(page.statusCode).toBe(200)
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.headers['content-security-policy']).toContain("script-src 'self';")
    expect(page.payload).not.toMatch(/https?:\/\//)
    const scripts = [...page.payload.matchAll(/src="([^"]+)"/g)].map(
      ([, source = '']) => new URL(source, 'http://x/docs/').pathname,
    )
    expect(scripts.length).toBeGreaterThan(1)
    for (const script of scripts) expect((await api.app.inject(script)).statusCode, script).toBe(200)
    expect((await api.app.inject('/docs')).statusCode).toBe(200)
  })
})
