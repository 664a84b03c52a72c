import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi, type TestReply, type TestTenant, type TestUser } from '../testing/api-harness.ts'
import { hasServer } from '../testing/harness.ts'

let api: TestApi
let operator: TestUser

beforeAll(async () => {
  api = await startTestApi()
  operator = await api.addOperator()
})
afterAll(() => api.close())

const as = (tenant: TestTenant, method: string, path = '', body?: unknown): Promise<TestReply> =>
  api.request(method, `/tenants/${tenant.slug}/quota-requests${path}`, {
    token: tenant.owner.token,
    ...(body === undefined ? {} : { body }),
  })

const ask = (tenant: TestTenant, change: object = {}) =>
  as(tenant, 'POST', '', { quota: 'max_monitors', value: 50, reason: 'A new product.', ...change })

const decide = (id: string, verb: string, body: object = {}) =>
  api.request('POST', `/operator/quota-requests/${id}/${verb}`, { token: operator.token, body })

async function limitOf(tenant: TestTenant) {
  const { json } = await api.request('GET', `/tenants/${tenant.slug}/quota`, { token: tenant.owner.token })
  return json.items.find((item: { quota: string }) => item.quota === 'max_monitors')
}

async function actionsOf(tenant: TestTenant): Promise<string[]> {
  const query = 'target_kind=quota_request'
  const { json } = await api.request('GET', `/tenants/${tenant.slug}/audit-events`, {
    token: tenant.owner.token,
    query,
  })
  return json.items.map(({ action, actor }: { action: string; actor: { kind: string } }) => `${actor.kind} ${action}`)
}

async function noticesOf(tenant: TestTenant) {
  const query = 'kind=quota_request_decided'
  const { json } = await api.request('GET', `/tenants/${tenant.slug}/notices`, { token: tenant.owner.token, query })
  return json.items.map(({ message, data }: { message: string; data: { state: string } }) => [data.state, message])
}

describe('a request for a higher limit', () => {
  it('is made by owners alone, for more than there is, and once at a time per quota', async () => {
    const tenant = await api.createTenant('asking')
    const admin = await api.addUser(tenant, 'admin')
    const body = { quota: 'max_monitors', value: 50, reason: 'x' }
    const refused = await api.request('POST', '/tenants/asking/quota-requests', { token: admin.token, body })
    expect([refused.status, refused.json.permission]).toEqual([403, 'billing:write'])
    expect((await ask(tenant, { value: 10 })).json.errors).toMatchObject([
      { pointer: '/value', code: 'not_above_limit' },
    ])
    for (const wrong of [{ quota: 'max_fun' }, { value: 0 }, { value: 1.5 }, { reason: ' ' }])
      expect((await ask(tenant, wrong)).status).toBe(422)
    const asked = await ask(tenant)
    expect([asked.status, asked.json.state, asked.json.limit_before]).toEqual([201, 'open', 10])
    expect((await ask(tenant, { value: 60 })).status).toBe(409)
    expect((await ask(tenant, { quota: 'max_networks' })).status).toBe(201)
    expect((await as(tenant, 'GET')).json.items).toMatchObject([{ quota: 'max_networks' }, { quota: 'max_monitors' }])
  })

  it('is withdrawn while it is open, and then cannot be decided', async () => {
    const tenant = await api.createTenant('withdrawing')
    const { id } = (await ask(tenant)).json
    expect((await as(tenant, 'POST', `/${id}/withdraw`)).json.state).toBe('withdrawn')
    expect((await as(tenant, 'POST', `/${id}/withdraw`)).status).toBe(409)
    expect((await decide(id, 'approve')).status).toBe(409)
    expect((await ask(tenant)).status).toBe(201)
    expect(await actionsOf(tenant)).toEqual([
      'user quota_request.create',
      'user quota_request.withdraw',
      'user quota_request.create',
    ])
  })

  it('that is approved is the limit from then on, told by a notice and in the logs', async () => {
    const tenant = await api.createTenant('approved')
    const { id } = (await ask(tenant)).json
    const listed = await api.request('GET', '/operator/quota-requests', {
      token: operator.token,
      query: 'state=open&limit=1',
    })
    expect(listed.json.items).toMatchObject([{ id, limit: 10, value: 50, tenant: { slug: 'approved' } }])
    const approved = await decide(id, 'approve')
    expect(approved.json).toMatchObject({ state: 'approved', limit: 50, decision_reason: null })
    expect(await limitOf(tenant)).toMatchObject({ limit: 50, overridden: true })
    expect(await noticesOf(tenant)).toEqual([['approved', expect.stringContaining('the limit is 50 now')]])
    expect(await actionsOf(tenant)).toEqual(['operator quota_request.approve', 'user quota_request.create'])
    expect((await decide(id, 'decline', { reason: 'Too late.' })).status).toBe(409)
    const log = await api.request('GET', '/operator/audit-events', { token: operator.token, query: 'limit=1' })
    expect(log.json.items).toMatchObject([
      { operator: { name: operator.email }, action: 'quota_request.approve', target: { id: `approved/${id}` } },
    ])
  })

  it('that is declined says why, and changes nothing', async () => {
    const tenant = await api.createTenant('declined')
    const { id } = (await ask(tenant)).json
    expect((await decide(id, 'decline')).json.errors).toMatchObject([{ pointer: '/reason', code: 'required' }])
    expect((await decide(id, 'decline', { reason: 'Upgrade the plan.' })).json.state).toBe('declined')
    expect(await limitOf(tenant)).toMatchObject({ limit: 10, overridden: false })
    expect(await noticesOf(tenant)).toEqual([['declined', expect.stringContaining('stays as it is')]])
    expect((await as(tenant, 'GET', '', undefined)).json.items).toMatchObject([
      { state: 'declined', decision_reason: 'Upgrade the plan.' },
    ])
  })

  it('never lowers a limit that was raised meanwhile', async () => {
    const tenant = await api.createTenant('overtaken')
    const { id } = (await ask(tenant)).json
    const body = { quotas: { max_monitors: 80 } }
    await api.request('PATCH', '/operator/tenants/overtaken', { token: operator.token, body })
    expect((await decide(id, 'approve')).status).toBe(409)
    expect(await limitOf(tenant)).toMatchObject({ limit: 80 })
  })

  it('of another tenant is not there', async () => {
    const [tenant, stranger] = [await api.createTenant('own-request'), await api.createTenant('stranger')]
    const { id } = (await ask(tenant)).json
    expect((await as(stranger, 'POST', `/${id}/withdraw`)).status).toBe(404)
    expect((await as(stranger, 'GET')).json.items).toEqual([])
    expect((await decide(api.ids.uuid(), 'approve')).status).toBe(404)
  })

  it('is decided with its limit, notice and events, or not at all', async () => {
    const tenant = await api.createTenant('undecided')
    const { id } = (await ask(tenant)).json
    await api.test.admin.query(
      `alter table audit_events add constraint undecided check (action <> 'quota_request.approve') not valid`,
    )
    const reply = await decide(id, 'approve')
    await api.test.admin.query('alter table audit_events drop constraint undecided')
    expect(reply.status).toBe(500)
    expect(await limitOf(tenant)).toMatchObject({ limit: 10, overridden: false })
    expect(await noticesOf(tenant)).toEqual([])
    expect((await decide(id, 'approve')).status).toBe(200)
  })

  it.skipIf(!hasServer())('is decided once, whoever decides or withdraws at the same moment', async () => {
    const tenant = await api.createTenant('raced')
    const { id } = (await ask(tenant)).json
    const replies = await Promise.all([
      ...Array.from({ length: 4 }, () => decide(id, 'approve')),
      ...Array.from({ length: 4 }, () => decide(id, 'decline', { reason: 'No.' })),
      as(tenant, 'POST', `/${id}/withdraw`),
    ])
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array(8).fill(409)])
    expect(await actionsOf(tenant)).toHaveLength(2)
  })
})
