import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOpenApi } from '../../src/api/openapi.ts'
import type { TestApi, TestTenant, TestUser } from '../../src/testing/api-harness.ts'
import { startFurnishedApi } from '../../src/testing/furnished-api.ts'
import { weakestRole } from '../../src/tenants/permissions.ts'
import type { Route } from '../../src/tenants/route.ts'
import { itHoldsForEveryRoute } from '../../src/testing/route-battery.ts'

describe('every route of the product, by role, key and foreign tenant', () => {
  let api: TestApi
  let tenant: TestTenant
  let operator: TestUser
  let params: Record<string, string>

  beforeAll(async () => {
    ;({ api, tenant, operator, params } = await startFurnishedApi())
  })
  afterAll(() => api.close())

  itHoldsForEveryRoute(() => ({ api, routes: api.routes, tenant, operator, params }))

  it('is an operation of the OpenAPI document, and every operation is a route', () => {
    const { paths } = createOpenApi(api.routes, { version: '0' }) as { paths: Record<string, Record<string, unknown>> }
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => key !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path}`),
    )
    const routes = api.routes.map(({ method, path }) => `${method} ${`/api/v1${path}`.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect(routes.length).toBeGreaterThan(40)
    expect(operations.toSorted()).toEqual(routes.toSorted())
  })

  it('is a line of the table in docs/permissions.md, and every line is a route', async () => {
    const text = await readFile(new URL('../../../../docs/permissions.md', import.meta.url), 'utf8')
    const lines = text.split('\n').filter((line) => line.startsWith('| `'))
    expect(lines.toSorted()).toEqual(
      api.routes.map((route) => `| \`${route.operationId}\` | ${whoMay(route)} |`).toSorted(),
    )
  })

  it('is a route that the product wires: the harness and the composition root have the same domains', async () => {
    const root = await readFile(new URL('../../src/deps.ts', import.meta.url), 'utf8')
    for (const domain of ['identity', 'networks', 'monitors', 'triggers', 'delivery', 'usage']) {
      expect(root).toContain(`...${domain}.routes`)
    }
  })
})

function whoMay(route: Route): string {
  if (route.access === 'tenant') return `${weakestRole[route.permission]} | \`${route.permission}\``
  return `${{ public: 'anybody', session: 'any user', operator: 'operator' }[route.access]} | –`
}
