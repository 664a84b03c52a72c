import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi, type TestTenant, type TestUser } from '../testing/api-harness.ts'
import { hasServer } from '../testing/harness.ts'

let api: TestApi
let tenant: TestTenant
let admin: TestUser
let viewer: TestUser

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.createTenant('acme')
  admin = await api.addUser(tenant, 'admin')
  viewer = await api.addUser(tenant, 'viewer')
})
afterAll(() => api.close())

const members = '/tenants/acme/members'

describe('members', () => {
  it('are listed in pages, for admins', async () => {
    const seen: string[] = []
    let query = 'limit=2'
    for (;;) {
      const { json } = await api.request('GET', members, { token: admin.token, query })
      seen.push(...json.items.map((member: { email: string }) => member.email))
      if (json.next_cursor === null) break
      query = `limit=2&cursor=${json.next_cursor}`
    }
    expect(seen.toSorted()).toEqual([admin.email, tenant.owner.email, viewer.email].toSorted())
  })

  it('are added by the e-mail of an account: 422 without one, 409 when they are members already', async () => {
    const unknown = await api.request('POST', members, {
      token: admin.token,
      body: { email: 'no@body.example', role: 'viewer' },
    })
    expect(unknown.status).toBe(422)
    expect(unknown.json.errors).toMatchObject([{ pointer: '/email', code: 'unknown_account' }])
    const known = await api.request('POST', members, {
      token: admin.token,
      body: { email: viewer.email, role: 'admin' },
    })
    expect(known.status).toBe(409)
    expect(await roleOf(viewer)).toBe('viewer')
  })

  it('change role and leave with immediate effect and an audit event', async () => {
    const person = await api.addUser(tenant, 'viewer')
    expect((await api.request('GET', members, { token: person.token })).status).toBe(403)
    await api.request('PATCH', `${members}/${person.id}`, { token: admin.token, body: { role: 'admin' } })
    expect((await api.request('GET', members, { token: person.token })).status).toBe(200)
    expect((await api.request('DELETE', `${members}/${person.id}`, { token: admin.token })).status).toBe(204)
    expect((await api.request('GET', members, { token: person.token })).status).toBe(404)
    expect((await api.request('DELETE', `${members}/${person.id}`, { token: admin.token })).status).toBe(404)
    const audit = await api.request('GET', '/tenants/acme/audit-events', {
      token: admin.token,
      query: 'target_kind=member&limit=3',
    })
    expect(audit.json.items).toMatchObject([
      { action: 'member.delete', actor: { name: admin.email }, before: { email: person.email, role: 'admin' } },
      { action: 'member.update', before: { role: 'viewer' }, after: { role: 'admin' } },
      { action: 'member.create', actor: { name: tenant.owner.email }, after: { email: person.email, role: 'viewer' } },
    ])
  })

  it('of another tenant are not found', async () => {
    const other = await api.createTenant('other')
    const reply = await api.request('DELETE', `${members}/${other.owner.id}`, { token: tenant.owner.token })
    expect(reply.status).toBe(404)
    expect((await api.request('GET', '/tenants/other', { token: other.owner.token })).status).toBe(200)
  })
})

describe('owners', () => {
  it('are neither made, changed nor removed by admins', async () => {
    const candidate = await api.createTenant('candidate')
    const attempts = [
      api.request('POST', members, { token: admin.token, body: { email: candidate.owner.email, role: 'owner' } }),
      api.request('PATCH', `${members}/${admin.id}`, { token: admin.token, body: { role: 'owner' } }),
      api.request('PATCH', `${members}/${tenant.owner.id}`, { token: admin.token, body: { role: 'viewer' } }),
      api.request('DELETE', `${members}/${tenant.owner.id}`, { token: admin.token }),
    ]
    for (const reply of await Promise.all(attempts)) {
      expect([reply.status, reply.json.permission]).toEqual([403, 'owners:write'])
    }
    expect(await roleOf(tenant.owner)).toBe('owner')
  })

  it('are not touched by a key that may write members but not owners', async () => {
    const key = await api.createKey(tenant, [{ resource: 'members', actions: ['write'] }])
    const demotion = await api.request('PATCH', `${members}/${tenant.owner.id}`, {
      token: key,
      body: { role: 'viewer' },
    })
    expect(demotion.status).toBe(403)
    const promotion = await api.request('PATCH', `${members}/${viewer.id}`, { token: key, body: { role: 'owner' } })
    expect(promotion.status).toBe(403)
  })

  it('always leave one behind', async () => {
    for (const attempt of [
      api.request('DELETE', `${members}/${tenant.owner.id}`, { token: tenant.owner.token }),
      api.request('PATCH', `${members}/${tenant.owner.id}`, { token: tenant.owner.token, body: { role: 'admin' } }),
    ]) {
      const reply = await attempt
      expect([reply.status, reply.json.code]).toEqual([409, 'conflict'])
    }
    const second = await api.addUser(tenant, 'owner')
    expect((await api.request('DELETE', `${members}/${second.id}`, { token: tenant.owner.token })).status).toBe(204)
    expect(await roleOf(tenant.owner)).toBe('owner')
  })

  it.skipIf(!hasServer())('always leave one behind when they all leave at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const crowd = await api.createTenant(`crowd-${round}`)
      const owners = [crowd.owner, await api.addUser(crowd, 'owner'), await api.addUser(crowd, 'owner')]
      const replies = await Promise.all(
        owners.map((owner, n) =>
          n === 0
            ? api.request('PATCH', `/tenants/${crowd.slug}/members/${owner.id}`, {
                token: owner.token,
                body: { role: 'viewer' },
              })
            : api.request('DELETE', `/tenants/${crowd.slug}/members/${owner.id}`, { token: owner.token }),
        ),
      )
      expect(replies.filter(({ status }) => status === 409)).toHaveLength(1)
      const { rows } = await api.test.admin.query(
        `select user_id from memberships where tenant_id = $1 and role = 'owner'`,
        [crowd.id],
      )
      expect(rows).toHaveLength(1)
    }
  })
})

async function roleOf(user: { id: string }): Promise<string | undefined> {
  const { rows } = await api.test.admin.query<{ role: string }>(
    'select role from memberships where tenant_id = $1 and user_id = $2',
    [tenant.id, user.id],
  )
  return rows[0]?.role
}
