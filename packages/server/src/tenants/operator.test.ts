import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOperatorAccounts } from './operator-accounts.ts'
import {
  testPassword,
  type TestApi,
  type TestReply,
  type TestRequest,
  type TestTenant,
  type TestUser,
} from '../testing/api-harness.ts'
import { createWatchingTenant, monitorBody, startConfigurationApi } from '../testing/configuration-api.ts'
import { sql } from '../platform/db/tx.ts'
import { createPasswords } from './password.ts'
import { hasServer } from '../testing/harness.ts'

let api: TestApi
let operator: TestUser

beforeAll(async () => {
  api = await startConfigurationApi()
  operator = await api.addOperator()
})
afterAll(() => api.close())

const call = (method: string, path: string, request: TestRequest = {}): Promise<TestReply> =>
  api.request(method, `/operator${path}`, { token: operator.token, ...request })

const change = (tenant: TestTenant, body: unknown, headers = {}) =>
  call('PATCH', `/tenants/${tenant.slug}`, { body, headers })

const as = (tenant: TestTenant, method: string, path: string, body?: unknown) =>
  api.request(method, `/tenants/${tenant.slug}${path}`, {
    token: tenant.owner.token,
    ...(body === undefined ? {} : { body }),
  })

const limits = {
  max_monitors: 10,
  max_networks: 5,
  max_triggers_per_monitor: 10,
  max_rpc_requests_per_minute: 1000,
  max_storage_mb: 1000,
}

const putPlan = (name: string, { headers = {}, ...body }: Record<string, unknown> & { headers?: object } = {}) =>
  call('PUT', `/plans/${name}`, { body: { limits, ...body }, headers: { ...headers } })

async function limitOf(tenant: TestTenant, quota: string) {
  const { json } = await as(tenant, 'GET', '/quota')
  const row = json.items.find((item: { quota: string }) => item.quota === quota)
  return [row.limit, row.overridden ? 'own' : json.plan]
}

async function auditOf(
  tenant: TestTenant,
): Promise<{ action: string; actor: unknown; before: unknown; after: unknown }[]> {
  const { json } = await as(tenant, 'GET', '/audit-events')
  return json.items.filter(({ actor }: { actor: { kind: string } }) => actor.kind === 'operator')
}

describe('an operator', () => {
  it('is a person whom the command line has named, never a role in a tenant, and is out at once', async () => {
    const tenant = await api.createTenant('ordinary')
    const key = await api.createKey(tenant, [{ resource: 'tenant', actions: ['read', 'write'] }])
    const unknown = await api.request('GET', '/nowhere', { token: tenant.owner.token })
    for (const token of [tenant.owner.token, key]) {
      const reply = await call('GET', '/tenants', { token })
      expect([reply.status, reply.json.detail]).toEqual([404, unknown.json.detail])
    }
    expect((await call('GET', '/tenants', { token: undefined })).status).toBe(401)

    const other = await api.addOperator()
    expect((await call('GET', '/tenants', { token: other.token })).status).toBe(200)
    await api.test.admin.query('update users set is_operator = false where id = $1', [other.id])
    expect((await call('GET', '/tenants', { token: other.token })).status).toBe(404)
  })

  it('is made of an account that there is, or of a new one with a password, and made an ordinary one again', async () => {
    const passwords = createPasswords({ concurrency: 1 })
    const accounts = createOperatorAccounts({ ...api, passwords })
    const tenant = await api.createTenant('promoted')
    const unused = async () => 'never asked for'
    expect(await accounts.create({ email: ' OWNER@promoted.example', password: unused })).toEqual({ isNew: false })
    expect((await call('GET', '/tenants', { token: tenant.owner.token })).status).toBe(200)
    await accounts.revoke(tenant.owner.email)
    expect((await call('GET', '/tenants', { token: tenant.owner.token })).status).toBe(404)
    expect((await as(tenant, 'GET', '')).status).toBe(200)

    const password = async () => testPassword
    const weak = accounts.create({ email: 'new@example.com', password: async () => 'password' })
    await expect(weak).rejects.toMatchObject({ code: 'invalid_object' })
    expect(await accounts.create({ email: 'new@example.com', password })).toEqual({ isNew: true })
    const body = { email: 'new@example.com', password: testPassword }
    const login = await api.request('POST', '/auth/login', { body })
    expect((await call('GET', '/tenants', { token: login.json.access_token })).status).toBe(200)
    await expect(accounts.revoke('nobody@example.com')).rejects.toMatchObject({ code: 'not_found' })
    const log = await call('GET', '/audit-events', { query: 'limit=3' })
    expect(log.json.items.map(({ action, target }: Record<'action' | 'target', unknown>) => [action, target])).toEqual([
      ['operator.create', { kind: 'operator', id: 'new@example.com' }],
      ['operator.revoke', { kind: 'operator', id: tenant.owner.email }],
      ['operator.create', { kind: 'operator', id: tenant.owner.email }],
    ])
  })

  it('is a member of no tenant by that, and reads nothing of what tenants have configured', async () => {
    const tenant = await createWatchingTenant(api, 'private')
    await as(tenant, 'POST', '/monitors', monitorBody('hidden-monitor'))
    expect((await api.request('GET', '/tenants/private/monitors', { token: operator.token })).status).toBe(404)
    const { text, json } = await call('GET', '/tenants/private')
    expect(json).toMatchObject({ slug: 'private', plan: 'standard', state: 'active', suspension: null })
    expect(text).not.toMatch(/hidden|owner@|rpc_urls/)
    await api.test.admin.query('insert into rpc_use (tenant_id, reporter, requests) values ($1, $1, 7)', [tenant.id])
    const own = await as(tenant, 'GET', '/quota')
    expect((await call('GET', '/tenants/private')).json.quotas).toEqual(own.json.items)
    expect(own.json.items.map(({ used }: { used: number | null }) => used)).toEqual([1, 1, null, 7, 1])
  })

  it('lists tenants by slug, page by page, by text, plan and state', async () => {
    for (const slug of ['list-a', 'list-b', 'list-c']) await api.createTenant(slug)
    const slugs = async (query: string) =>
      (await call('GET', '/tenants', { query })).json.items.map(({ slug }: { slug: string }) => slug)
    expect(await slugs('q=LIST-')).toEqual(['list-a', 'list-b', 'list-c'])
    const first = await call('GET', '/tenants', { query: 'q=list-&limit=2' })
    expect(await slugs(`q=list-&limit=2&cursor=${first.json.next_cursor}`)).toEqual(['list-c'])
    expect(await slugs('q=list-&state=suspended')).toEqual([])
    expect(await slugs('q=list-&plan=no-such-plan')).toEqual([])
    expect((await call('GET', '/tenants/nobody')).status).toBe(404)
  })
})

describe('a plan', () => {
  it('is created, replaced by version, and listed with its tenants', async () => {
    const created = await putPlan('team', { description: 'For teams' })
    expect([created.status, created.json.version, created.headers['etag']]).toEqual([201, 1, '"1"'])
    expect(created.json).toMatchObject({ name: 'team', limits, delivery_weight: 1, tenants: 0 })
    const stale = await putPlan('team', { delivery_weight: 3, headers: { 'if-match': '"9"' } })
    expect(stale.status).toBe(412)
    const changed = await putPlan('team', { delivery_weight: 3, headers: { 'if-match': '"1"' } })
    expect([changed.status, changed.json.version, changed.json.delivery_weight]).toEqual([200, 2, 3])
    expect((await putPlan('team', { delivery_weight: 3 })).json.version).toBe(2)
    const { json } = await call('GET', '/plans')
    expect(json.items.map(({ name }: { name: string }) => name)).toEqual(['standard', 'team'])
    for (const wrong of [{ delivery_weight: 0 }, { delivery_weight: 101 }, { limits: { max_monitors: 1 } }])
      expect((await putPlan('team', wrong)).status).toBe(422)
  })

  it('changes the limits and turns of its tenants at once, but for limits of their own, in the log of each', async () => {
    const [large, small] = [await api.createTenant('plan-large'), await api.createTenant('plan-small')]
    await putPlan('growing')
    for (const tenant of [large, small]) expect((await change(tenant, { plan: 'growing' })).json.plan).toBe('growing')
    await change(large, { quotas: { max_monitors: 500 } })
    expect(await limitOf(large, 'max_monitors')).toEqual([500, 'own'])

    await putPlan('growing', { limits: { ...limits, max_monitors: 20, max_networks: 7 }, delivery_weight: 4 })
    expect(await limitOf(large, 'max_monitors')).toEqual([500, 'own'])
    expect(await limitOf(small, 'max_monitors')).toEqual([20, 'growing'])
    expect(await limitOf(large, 'max_networks')).toEqual([7, 'growing'])
    const { rows } = await api.test.admin.query(
      `select distinct delivery_weight as weight from tenants where plan = 'growing'`,
    )
    expect(rows).toEqual([{ weight: 4 }])
    expect((await auditOf(small)).map(({ action }) => action)).toEqual(['plan.update', 'tenant.plan'])
    expect((await auditOf(small))[0]).toMatchObject({
      actor: { kind: 'operator', id: null, name: 'operator' },
      before: { limits: { max_monitors: 10 }, delivery_weight: 1 },
      after: { limits: { max_monitors: 20 }, delivery_weight: 4 },
    })

    await change(large, { quotas: { max_monitors: null } })
    expect(await limitOf(large, 'max_monitors')).toEqual([20, 'growing'])
    expect((await change(large, { plan: 'standard' })).json.plan).toBe('standard')
    expect(await limitOf(large, 'max_networks')).toEqual([5, 'standard'])
  })

  it('below what a tenant uses takes nothing away and lets nothing more in', async () => {
    const tenant = await createWatchingTenant(api, 'shrinking')
    for (const id of ['a', 'b', 'c']) await as(tenant, 'POST', '/monitors', monitorBody(id))
    await putPlan('tiny', { limits: { ...limits, max_monitors: 1 } })
    expect((await change(tenant, { plan: 'tiny' })).status).toBe(200)
    expect((await as(tenant, 'GET', '/monitors')).json.items).toHaveLength(3)
    const refused = await as(tenant, 'POST', '/monitors', monitorBody('d'))
    expect(refused.json).toMatchObject({ code: 'quota_exceeded', limit: 1, used: 3 })
    expect((await as(tenant, 'PATCH', '/monitors/a', { severity: 'low' })).status).toBe(200)
    for (const id of ['a', 'b', 'c']) expect((await as(tenant, 'DELETE', `/monitors/${id}`)).status).toBe(204)
    expect((await as(tenant, 'POST', '/monitors', monitorBody('d'))).status).toBe(201)
  })

  it('is that of new tenants when it is called standard, and never changes one that has ended', async () => {
    const ended = await api.createTenant('ended')
    await as(ended, 'DELETE', '')
    await putPlan('standard', { limits: { ...limits, max_monitors: 11 }, delivery_weight: 2 })
    const tenant = await api.createTenant('newcomer')
    expect(await limitOf(tenant, 'max_monitors')).toEqual([11, 'standard'])
    const { rows } = await api.test.admin.query(
      `select t.slug, t.delivery_weight as weight, q.lim, q.used from tenants t
        join quotas q on q.tenant_id = t.id and q.quota = 'max_monitors' where t.slug in ('ended', 'newcomer') order by 1`,
    )
    expect(rows).toEqual([
      { slug: 'ended', weight: 1, lim: 10, used: 10 },
      { slug: 'newcomer', weight: 2, lim: 11, used: 0 },
    ])
    await putPlan('standard')
  })

  it('that does not exist, and quotas that do not, are refused with their places', async () => {
    const tenant = await api.createTenant('misnamed')
    expect((await change(tenant, { plan: 'nowhere' })).json.errors).toMatchObject([
      { pointer: '/plan', code: 'unknown_plan' },
    ])
    expect((await change(tenant, { quotas: { max_fun: 1 } })).status).toBe(422)
    expect((await change(tenant, { quotas: { max_monitors: -1 } })).json.errors).toMatchObject([
      { pointer: '/quotas/max_monitors' },
    ])
    expect(await auditOf(tenant)).toEqual([])
  })

  it.skipIf(!hasServer())('changes while tenants write, and nobody ends in a circle', async () => {
    await putPlan('busy')
    const tenants = await Promise.all(['busy-a', 'busy-b', 'busy-c'].map((slug) => createWatchingTenant(api, slug)))
    for (const tenant of tenants) await change(tenant, { plan: 'busy' })
    const replies = await Promise.all([
      ...tenants.flatMap((tenant) =>
        Array.from({ length: 6 }, (_, n) => as(tenant, 'POST', '/monitors', monitorBody(`m-${n}`))),
      ),
      ...[11, 12, 13, 14].map((max) => putPlan('busy', { limits: { ...limits, max_monitors: max } })),
      ...tenants.map((tenant) => change(tenant, { quotas: { max_networks: 9 } })),
    ])
    expect(replies.map(({ status }) => status).filter((status) => ![200, 201].includes(status))).toEqual([])
  })
})

describe('a suspended tenant', () => {
  it('is closed with a reason that its owners read, and opened again', async () => {
    const tenant = await api.createTenant('closed')
    const admin = await api.addUser(tenant, 'admin')
    const key = await api.createKey(tenant, [{ resource: 'tenant', actions: ['read'] }])
    for (const wrong of [{ suspended: true }, { suspended: false, reason: 'x' }, { reason: 'x' }])
      expect((await change(tenant, wrong)).json.errors).toMatchObject([{ pointer: '/reason' }])

    const suspended = await change(tenant, { suspended: true, reason: 'Unpaid since October.' })
    expect(suspended.json).toMatchObject({ state: 'suspended', suspension: { reason: 'Unpaid since October.' } })
    const seen = async (token: string) => {
      const read = await api.request('GET', '/tenants/closed', { token })
      const write = await api.request('PATCH', '/tenants/closed', { token, body: { name: 'X' } })
      return [read.status, write.status, read.json.code, read.json.reason, read.json.since]
    }
    const since = suspended.json.suspension.since
    expect(await seen(tenant.owner.token)).toEqual([403, 403, 'tenant_suspended', 'Unpaid since October.', since])
    expect(await seen(admin.token)).toEqual([403, 403, 'tenant_suspended', undefined, undefined])
    expect(await seen(key)).toEqual([403, 403, 'tenant_suspended', undefined, undefined])

    const login = await api.request('POST', '/auth/login', {
      body: { email: tenant.owner.email, password: testPassword },
    })
    expect(login.status).toBe(200)
    const listed = async (token: string) =>
      (await api.request('GET', '/tenants', { token })).json.items.filter(
        ({ slug }: { slug: string }) => slug === 'closed',
      )
    expect(await listed(login.json.access_token)).toMatchObject([
      { state: 'suspended', suspension_reason: 'Unpaid since October.' },
    ])
    expect(await listed(admin.token)).toMatchObject([{ state: 'suspended', suspension_reason: null }])

    const again = await change(tenant, { suspended: true, reason: 'And November.' })
    expect(again.json.suspension).toEqual({ reason: 'And November.', since })
    expect((await change(tenant, { suspended: false })).json).toMatchObject({ state: 'active', suspension: null })
    expect((await as(tenant, 'GET', '')).json).toMatchObject({ state: 'active' })
    expect((await auditOf(tenant)).map(({ action }) => action)).toEqual([
      'tenant.resume',
      'tenant.suspend',
      'tenant.suspend',
    ])
  })

  it('is not changed by an operator who has seen another version of it, nor counted twice', async () => {
    const tenant = await api.createTenant('versioned')
    const { headers } = await call('GET', '/tenants/versioned')
    const etag = String(headers['etag'])
    await change(tenant, { quotas: { max_monitors: 12 } }, { 'if-match': etag })
    expect((await change(tenant, { quotas: { max_monitors: 13 } }, { 'if-match': etag })).status).toBe(412)
    const { json } = await change(tenant, { quotas: { max_monitors: 12 }, plan: 'standard', suspended: false })
    expect(json.version).toBe(2)
    expect(await auditOf(tenant)).toHaveLength(1)
  })
})

describe('the log of the operators', () => {
  it('says who did what from where; the log of the tenant only that the operator did', async () => {
    const tenant = await api.createTenant('logged')
    await change(tenant, { quotas: { max_networks: 6 } }, { 'user-agent': 'console/1' })
    const { json } = await call('GET', '/audit-events', { query: 'limit=1' })
    expect(json.items).toMatchObject([
      {
        operator: { id: operator.id, name: operator.email },
        action: 'quota.update',
        target: { kind: 'quota', id: 'logged/max_networks' },
        before: { limit: 5, overridden: false },
        after: { limit: 6, overridden: true },
        ip: '127.0.0.1',
        user_agent: 'console/1',
      },
    ])
    const second = await call('GET', '/audit-events', { query: `limit=1&cursor=${json.next_cursor}` })
    expect(second.json.items[0].id < json.items[0].id).toBe(true)
    const { json: own } = await as(tenant, 'GET', '/audit-events')
    expect(own.items[0]).toMatchObject({
      actor: { kind: 'operator', id: null, name: 'operator' },
      ip: null,
      user_agent: null,
    })
    expect(JSON.stringify(own)).not.toContain(operator.email)
  })

  it('and that of the tenant are written with the change or not at all', async () => {
    const tenant = await api.createTenant('unlogged')
    for (const table of ['operator_events', 'audit_events']) {
      await api.test.admin.query(
        `alter table ${table} add constraint no_event check (action <> 'quota.update') not valid`,
      )
      const reply = await change(tenant, { quotas: { max_networks: 6 } })
      await api.test.admin.query(`alter table ${table} drop constraint no_event`)
      expect(reply.status).toBe(500)
      expect(await limitOf(tenant, 'max_networks')).toEqual([5, 'standard'])
    }
  })
})

describe('a login of the application', () => {
  it.each([
    ['its plan', `update tenants set plan = 'team'`],
    ['its state', `update tenants set state = 'active'`],
    ['its turns', 'update tenants set delivery_weight = 100'],
    ['a limit', 'update quotas set lim = 1000000'],
    ['a limit of its own', 'update quotas set override = 1000000'],
    ['the plans', 'select * from plans'],
    ['the log of the operators', 'select * from operator_events'],
    ['who is an operator', `select app.set_operator('owner@acme.example', true)`],
  ])('cannot reach %s, whatever it is made to say', async (_, statement) => {
    const tenant = await api.createTenant(`injected-${_.replaceAll(' ', '-')}`)
    await expect(api.database.withTenant(tenant.id, {}, (tx) => tx.execute(sql.raw(statement)))).rejects.toMatchObject({
      code: '42501',
    })
  })
})
