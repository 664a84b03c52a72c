import { afterAll, beforeAll, describe } from 'vitest'
import { startTestApi, type TestApi, type TestTenant, type TestUser } from '../testing/api-harness.ts'
import { itHoldsForEveryRoute } from '../testing/route-battery.ts'

describe('every route of accounts, tenants, members and keys', () => {
  let api: TestApi
  let tenant: TestTenant
  let operator: TestUser
  let params: Record<string, string>

  beforeAll(async () => {
    api = await startTestApi()
    tenant = await api.createTenant('acme')
    const member = await api.addUser(tenant, 'member')
    operator = await api.addOperator()
    params = { user_id: member.id }
  })
  afterAll(() => api.close())

  itHoldsForEveryRoute(() => ({ api, routes: api.routes, tenant, operator, params }))
})
