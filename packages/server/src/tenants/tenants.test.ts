import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi, type TestTenant } from '../testing/api-harness.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.createTenant('acme')
})
afterAll(() => api.close())

describe('tenants', () => {
  it('are created by a user, who owns them, and listed with the role in them', async () => {
    const { token } = tenant.owner
    const created = await api.request('POST', '/tenants', { token, body: { slug: 'beta', name: ' Beta ' } })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({ slug: 'beta', name: 'Beta', plan: 'standard', state: 'active', version: 1 })
    const first = await api.request('GET', '/tenants', { token, query: 'limit=1' })
    expect(first.json.items).toMatchObject([{ slug: 'acme', role: 'owner' }])
    const second = await api.request('GET', '/tenants', { token, query: `limit=1&cursor=${first.json.next_cursor}` })
    expect(second.json).toMatchObject({ items: [{ slug: 'beta', role: 'owner' }], next_cursor: null })
    const audit = await api.request('GET', '/tenants/beta/audit-events', { token })
    expect(audit.json.items).toMatchObject([{ action: 'tenant.create', actor: { name: tenant.owner.email } }])
  })

  it('and members cannot be looked for by trying: what misses is counted by who tries', async () => {
    const prober = await startTestApi({ missesPerMinute: 4 })
    try {
      const { owner } = await prober.createTenant('prober')
      const slug = (name: string) =>
        prober.request('POST', '/tenants', { token: owner.token, body: { slug: name, name } })
      const member = (email: string) =>
        prober.request('POST', '/tenants/prober/members', { token: owner.token, body: { email, role: 'viewer' } })
      const replies = [
        await slug('prober'),
        await slug('prober'),
        await member('a@b.example'),
        await member('c@b.example'),
      ]
      expect(replies.map(({ status }) => status)).toEqual([409, 409, 422, 422])
      for (const refused of [await slug('prober'), await slug('still-free'), await member('d@b.example')]) {
        expect([refused.status, refused.json.limit, refused.headers['retry-after']]).toEqual([429, 'failures', '15'])
      }
      prober.clock.advance(15_000)
      expect((await slug('still-free')).status).toBe(201)
    } finally {
      await prober.close()
    }
  })

  it('answer 409 for a slug that is taken, by whomever', async () => {
    const stranger = await api.createTenant('gamma')
    const reply = await api.request('POST', '/tenants', {
      token: stranger.owner.token,
      body: { slug: 'acme', name: 'Mine' },
    })
    expect([reply.status, reply.json.code]).toEqual([409, 'conflict'])
  })

  it('are refused to an API key outside of its own tenant', async () => {
    const key = await api.createKey(tenant, [{ resource: 'tenant', actions: ['read', 'write'] }])
    for (const [method, path] of [
      ['GET', '/tenants'],
      ['GET', '/auth/me'],
      ['POST', '/auth/logout'],
    ] as const) {
      expect((await api.request(method, path, { token: key })).status).toBe(403)
    }
    expect((await api.request('GET', '/tenants/acme', { token: key })).status).toBe(200)
  })

  it('are renamed by PATCH, with a version that If-Match checks', async () => {
    const path = '/tenants/acme'
    const { token } = tenant.owner
    const before = await api.request('GET', path, { token })
    const etag = String(before.headers['etag'])
    const renamed = await api.request('PATCH', path, {
      token,
      body: { name: 'Acme Ltd' },
      headers: { 'if-match': etag },
    })
    expect(renamed.json).toMatchObject({ name: 'Acme Ltd', version: before.json.version + 1 })
    expect(renamed.headers['etag']).toBe(`"${before.json.version + 1}"`)
    const stale = await api.request('PATCH', path, { token, body: { name: 'Other' }, headers: { 'if-match': etag } })
    expect([stale.status, stale.json.code]).toEqual([412, 'precondition_failed'])
    const unchanged = await api.request('PATCH', path, { token, body: {} })
    expect(unchanged.json).toMatchObject({ name: 'Acme Ltd', version: before.json.version + 1 })
    const audit = await api.request('GET', `${path}/audit-events`, { token, query: 'action=tenant.update' })
    expect(audit.json.items).toMatchObject([{ before: { name: 'Tenant acme' }, after: { name: 'Acme Ltd' } }])
  })

  it('that are suspended answer 403 to members, and 404 to everybody else', async () => {
    const suspended = await api.createTenant('delta')
    const key = await api.createKey(suspended, [{ resource: 'tenant', actions: ['read'] }])
    await api.test.admin.query(`update tenants set state = 'suspended' where slug = 'delta'`)
    for (const token of [suspended.owner.token, key]) {
      const reply = await api.request('GET', '/tenants/delta', { token })
      expect([reply.status, reply.json.code]).toEqual([403, 'tenant_suspended'])
    }
    expect((await api.request('GET', '/tenants/delta', { token: tenant.owner.token })).status).toBe(404)
  })
})

describe('the end of a tenant', () => {
  it('locks everybody out, stops its monitors, and tells their leaders, in one transaction', async () => {
    const ending = await api.createTenant('ending')
    const staying = await api.createTenant('staying')
    const key = await api.createKey(ending, [{ resource: 'tenant', actions: ['read'] }])
    const [gone, kept] = [await insertConfiguration(ending.id), await insertConfiguration(staying.id)]

    const stale = await api.request('DELETE', '/tenants/ending', {
      token: ending.owner.token,
      headers: { 'if-match': '"9"' },
    })
    expect(stale.status).toBe(412)
    expect((await api.request('DELETE', '/tenants/ending', { token: ending.owner.token })).status).toBe(204)

    for (const token of [ending.owner.token, tenant.owner.token]) {
      expect((await api.request('GET', '/tenants/ending', { token })).status).toBe(404)
    }
    expect((await api.request('GET', '/tenants/ending', { token: key })).status).toBe(401)
    expect((await api.request('GET', '/tenants', { token: ending.owner.token })).json.items).toEqual([])

    const { rows: changes } = await api.test.admin.query(
      `select tenant_id, source_id, object_kind, object_id from config_changes order by object_kind`,
    )
    expect(changes).toEqual([
      { tenant_id: ending.id, source_id: gone.sourceId, object_kind: 'monitor', object_id: gone.monitorId },
      { tenant_id: ending.id, source_id: gone.sourceId, object_kind: 'network', object_id: gone.networkId },
      { tenant_id: ending.id, source_id: null, object_kind: 'trigger', object_id: gone.triggerId },
    ])
    const { rows: active } = await api.test.admin.query(
      `select id from monitors where is_active union select id from networks where is_active
       union select id from triggers where is_active order by id`,
    )
    expect(active.map(({ id }) => id)).toEqual([kept.monitorId, kept.networkId, kept.triggerId].toSorted())
    const { rows: audit } = await api.test.admin.query(
      `select action, actor_name from audit_events where tenant_id = $1 and action = 'tenant.delete'`,
      [ending.id],
    )
    expect(audit).toEqual([{ action: 'tenant.delete', actor_name: ending.owner.email }])
  })

  it('leaves no room for a monitor whose creation was waiting', async () => {
    const ending = await api.createTenant('full')
    await api.request('DELETE', '/tenants/full', { token: ending.owner.token })
    const { rows } = await api.test.admin.query(
      `select quota from quotas where tenant_id = $1 and used < lim and quota in ('max_monitors', 'max_networks')`,
      [ending.id],
    )
    expect(rows).toEqual([])
  })

  it('keeps the slug taken', async () => {
    const reply = await api.request('POST', '/tenants', {
      token: tenant.owner.token,
      body: { slug: 'ending', name: 'Again' },
    })
    expect(reply.status).toBe(409)
  })
})

async function insertConfiguration(tenantId: string) {
  const [sourceId, networkId, monitorId, triggerId] = [api.ids.uuid(), api.ids.uuid(), api.ids.uuid(), api.ids.uuid()]
  const { admin } = api.test
  const network = '{"slug":"own","name":"Own","network_type":"EVM"}'
  await admin.query(`insert into chain_sources (id, kind, lease_key) values ($1, 'own', 'own:1')`, [sourceId])
  await admin.query(`insert into networks (tenant_id, id, configuration, source_id) values ($1, $2, $3, $4)`, [
    tenantId,
    networkId,
    network,
    sourceId,
  ])
  await admin.query(
    `insert into triggers (tenant_id, id, trigger_id, configuration) values ($1, $2, 'hook', '{"name":"Hook"}')`,
    [tenantId, triggerId],
  )
  await admin.query(
    `insert into monitors (tenant_id, id, monitor_id, configuration, version_id)
     values ($1, $2, 'm', '{"name":"M","paused":false}', $2)`,
    [tenantId, monitorId],
  )
  await admin.query(
    `insert into monitor_networks (tenant_id, monitor_id, position, network_id, own_network_id, source_id)
     values ($1, $2, 0, 'own', $3, $4)`,
    [tenantId, monitorId, networkId, sourceId],
  )
  return { sourceId, networkId, monitorId, triggerId }
}
