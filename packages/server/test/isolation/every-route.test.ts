import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOpenApi } from '../../src/api/openapi.ts'
import type { TestApi, TestTenant, TestUser } from '../../src/testing/api-harness.ts'
import { monitorBody, networkBody, startFullApi, triggerBody } from '../../src/testing/configuration-api.ts'
import { itHoldsForEveryRoute } from '../../src/testing/route-battery.ts'
import { storeMatches } from '../../src/testing/stored-alerts.ts'
import { createFanOut } from '../../src/delivery/fan-out.ts'

describe('every route of the product, by role, key and foreign tenant', () => {
  let api: TestApi
  let tenant: TestTenant
  let operator: TestUser
  let params: Record<string, string>

  const create = async (path: string, body: unknown): Promise<void> => {
    const reply = await api.request('POST', `/tenants/${tenant.slug}${path}`, { token: tenant.owner.token, body })
    if (reply.status !== 201) throw new Error(reply.text)
  }

  beforeAll(async () => {
    api = await startFullApi()
    tenant = await api.createTenant('acme')
    operator = await api.addOperator()
    const member = await api.addUser(tenant, 'member')
    await create('/networks', networkBody('acme_secret_chain'))
    await create('/triggers', triggerBody('acme-secret-hook'))
    await create(
      '/monitors',
      monitorBody('acme-secret-monitor', { networks: ['acme_secret_chain'], triggers: ['acme-secret-hook'] }),
    )
    const [match] = await storeMatches(api, { tenant, monitorId: 'acme-secret-monitor' })
    await createFanOut(api).runBatch()
    const { rows } = await api.test.admin.query<{ id: string }>('select id from deliveries')
    params = {
      user_id: member.id,
      network_id: 'acme_secret_chain',
      trigger_id: 'acme-secret-hook',
      monitor_id: 'acme-secret-monitor',
      match_id: match!.id,
      delivery_id: rows[0]!.id,
    }
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

  it('is a route that the product wires: the harness and the composition root have the same domains', async () => {
    const root = await readFile(new URL('../../src/deps.ts', import.meta.url), 'utf8')
    for (const domain of ['identity', 'networks', 'monitors', 'triggers', 'delivery', 'usage']) {
      expect(root).toContain(`...${domain}.routes`)
    }
  })
})
