import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi, type TestTenant } from '../testing/api-harness.ts'

let api: TestApi
let tenant: TestTenant
const statements: string[] = []

beforeAll(async () => {
  api = await startTestApi({
    database: {
      rewriteSql: (text) => {
        statements.push(text)
        return text
      },
    },
  })
  tenant = await api.createTenant('acme')
})
afterAll(() => api.close())

const path = '/tenants/acme/api-keys'
const readMonitors = [{ resource: 'monitors', actions: ['read'] }]

async function create(body: object, token = tenant.owner.token) {
  return api.request('POST', path, { token, body })
}

describe('API keys', () => {
  it('are shown once, and kept as a hash', async () => {
    const created = await create({ name: 'ci', permissions: readMonitors })
    expect(created.status).toBe(201)
    const { key, ...rest } = created.json
    expect(key).toMatch(/^smt_[0-9A-Za-z]{71}$/)
    const read = await api.request('GET', `${path}/${rest.id}`, { token: tenant.owner.token })
    expect(read.json).toEqual(rest)
    expect(rest).toMatchObject({
      name: 'ci',
      prefix: key.slice(0, 10),
      permissions: readMonitors,
      creator_role: 'owner',
      revoked_at: null,
    })
    const list = await api.request('GET', path, { token: tenant.owner.token })
    expect(list.text).not.toContain(key.slice(26, 69))
    const { rows } = await api.test.admin.query<{ stored: string }>(
      `select concat((select string_agg(k::text, ' ') from api_keys k), (select string_agg(a::text, ' ') from audit_events a)) as stored`,
    )
    expect(rows[0]?.stored).toContain(rest.id)
    expect(rows[0]?.stored).not.toContain(key.slice(26, 69))
  })

  it('act under their own name in the audit log', async () => {
    const key = await api.createKey(tenant, [{ resource: 'tenant', actions: ['write'] }])
    expect((await api.request('PATCH', '/tenants/acme', { token: key, body: { name: 'Acme 2' } })).status).toBe(200)
    const audit = await api.request('GET', '/tenants/acme/audit-events', {
      token: tenant.owner.token,
      query: 'action=tenant.update',
    })
    expect(audit.json.items[0].actor).toMatchObject({ kind: 'api_key', name: 'test' })
  })

  it('merge what is said twice', async () => {
    const permissions = [...readMonitors, { resource: 'monitors', actions: ['write', 'read'] }]
    expect((await create({ name: 'twice', permissions })).json.permissions).toEqual([
      { resource: 'monitors', actions: ['read', 'write'] },
    ])
  })

  it.each([
    ['no permissions', { permissions: [] }, '/permissions'],
    ['an unknown resource', { permissions: [{ resource: 'weather', actions: ['read'] }] }, '/permissions/0/resource'],
    ['an unknown action', { permissions: [{ resource: 'monitors', actions: ['own'] }] }, '/permissions/0/actions/0'],
    [
      'a permission that nobody has',
      { permissions: [{ resource: 'quota', actions: ['read', 'write'] }] },
      '/permissions/0/actions/1',
    ],
    ['an expiry in the past', { expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    ['an expiry that is no date', { expires_at: 'tomorrow' }, '/expires_at'],
    ['an empty name', { name: '' }, '/name'],
  ])('answer 422 for %s', async (_, change, pointer) => {
    const reply = await create({ name: 'wrong', permissions: readMonitors, ...change })
    expect(reply.status).toBe(422)
    expect(reply.json.errors.map((problem: { pointer: string }) => problem.pointer)).toContain(pointer)
  })

  it('have no more permissions than the role of their creator', async () => {
    const admin = await api.addUser(tenant, 'admin')
    const permissions = [
      { resource: 'monitors', actions: ['write'] },
      { resource: 'tenant', actions: ['read', 'write'] },
    ]
    const reply = await create({ name: 'more', permissions }, admin.token)
    expect(reply.status).toBe(422)
    expect(reply.json.errors).toMatchObject([
      { pointer: '/permissions/1/actions/1', code: 'permission_exceeds_creator' },
    ])
  })

  it('make further keys only with api_keys:write, and never with more than they have themselves', async () => {
    const weak = await api.createKey(tenant, [{ resource: 'monitors', actions: ['read', 'write'] }])
    expect((await create({ name: 'child', permissions: readMonitors }, weak)).status).toBe(403)
    const strong = await api.createKey(tenant, [
      { resource: 'monitors', actions: ['read'] },
      { resource: 'api_keys', actions: ['write'] },
    ])
    const more = await create({ name: 'child', permissions: [{ resource: 'monitors', actions: ['write'] }] }, strong)
    expect(more.json.errors).toMatchObject([{ pointer: '/permissions/0/actions/0' }])
    const same = await create({ name: 'child', permissions: readMonitors }, strong)
    expect(same.status).toBe(201)
    expect((await api.request('GET', '/tenants/acme', { token: same.json.key })).status).toBe(403)
  })

  it('die at once when they are revoked, and stay listed', async () => {
    const created = await create({ name: 'short', permissions: [{ resource: 'tenant', actions: ['read'] }] })
    const { key: token, id } = created.json
    expect((await api.request('GET', '/tenants/acme', { token })).status).toBe(200)
    for (let n = 0; n < 2; n += 1) {
      expect((await api.request('DELETE', `${path}/${id}`, { token: tenant.owner.token })).status).toBe(204)
    }
    expect((await api.request('GET', '/tenants/acme', { token })).status).toBe(401)
    const read = await api.request('GET', `${path}/${id}`, { token: tenant.owner.token })
    expect(read.json.revoked_at).not.toBeNull()
    expect(read.json.last_used_at).not.toBeNull()
    const audit = await api.request('GET', '/tenants/acme/audit-events', {
      token: tenant.owner.token,
      query: 'action=api_key.revoke',
    })
    expect(audit.json.items).toHaveLength(1)
  })

  it('die when they expire', async () => {
    const permissions = [{ resource: 'tenant', actions: ['read'] }]
    const { json } = await create({
      name: 'until',
      permissions,
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    })
    expect((await api.request('GET', '/tenants/acme', { token: json.key })).status).toBe(200)
    await api.test.admin.query(`update api_keys set expires_at = now() - interval '1 second' where id = $1`, [json.id])
    expect((await api.request('GET', '/tenants/acme', { token: json.key })).status).toBe(401)
  })

  it('with a wrong checksum are refused without a query', async () => {
    const key = await api.createKey(tenant, [{ resource: 'tenant', actions: ['read'] }])
    statements.length = 0
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`
    expect((await api.request('GET', '/tenants/acme', { token: wrong })).status).toBe(401)
    expect(statements).toEqual([])
    expect((await api.request('GET', '/tenants/acme', { token: key })).status).toBe(200)
    expect(statements.length).toBeGreaterThan(0)
  })

  it('are listed newest first, in pages', async () => {
    const first = await api.request('GET', path, { token: tenant.owner.token, query: 'limit=2' })
    const second = await api.request('GET', path, {
      token: tenant.owner.token,
      query: `limit=2&cursor=${first.json.next_cursor}`,
    })
    const ids = [...first.json.items, ...second.json.items].map((item: { id: string }) => item.id)
    expect(new Set(ids).size).toBe(4)
    expect(ids).toEqual(ids.toSorted().toReversed())
  })

  it('of another tenant are not found', async () => {
    const other = await api.createTenant('other')
    const { json } = await create({ name: 'mine', permissions: readMonitors })
    for (const method of ['GET', 'DELETE']) {
      expect(
        (await api.request(method, `/tenants/other/api-keys/${json.id}`, { token: other.owner.token })).status,
      ).toBe(404)
    }
  })
})
