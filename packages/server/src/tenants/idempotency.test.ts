import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi, type TestTenant } from '../testing/api-harness.ts'
import { hasServer } from '../testing/harness.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.createTenant('acme')
})
afterAll(() => api.close())

const body = (name: string) => ({ name, permissions: [{ resource: 'monitors', actions: ['read'] }] })

async function create(key: string, name: string, { slug = 'acme', token = tenant.owner.token } = {}) {
  return api.request('POST', `/tenants/${slug}/api-keys`, {
    token,
    body: body(name),
    headers: { 'idempotency-key': key },
  })
}

async function countKeys(name: string): Promise<number> {
  const { rows } = await api.test.admin.query<{ n: number }>(
    'select count(*)::int as n from api_keys where name = $1',
    [name],
  )
  return rows[0]?.n ?? 0
}

describe('the Idempotency-Key', () => {
  it('repeats the first answer, secrets included, and says so', async () => {
    const first = await create('one', 'once')
    const again = await create('one', 'once')
    expect(first.status).toBe(201)
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([201, first.text, 'true'])
    expect(await countKeys('once')).toBe(1)
  })

  it('does not mind another spelling of the same JSON', async () => {
    const first = await create('spelling', 'spelled')
    const raw = JSON.stringify(body('spelled'), null, 2)
    const again = await api.request('POST', '/tenants/acme/api-keys', {
      token: tenant.owner.token,
      raw,
      headers: { 'idempotency-key': 'spelling' },
    })
    expect(again.text).toBe(first.text)
  })

  it('keeps the answer sealed under the key of the tenant', async () => {
    const { json } = await create('sealed', 'secret')
    const { rows } = await api.test.admin.query<{ stored: string }>(
      `select sealed_response as stored from idempotency_keys where key = 'sealed'`,
    )
    expect(rows[0]?.stored).toMatch(/^v1\.1\./)
    expect(rows[0]?.stored).not.toContain(json.key.slice(26, 69))
  })

  it('answers 422 for another body, another path or another caller', async () => {
    await create('taken', 'first')
    const key = await api.createKey(tenant, [
      { resource: 'api_keys', actions: ['write'] },
      { resource: 'monitors', actions: ['read'] },
    ])
    const replies = [
      await create('taken', 'second'),
      await create('taken', 'first', { token: key }),
      await api.request('PATCH', '/tenants/acme', {
        token: tenant.owner.token,
        body: body('first'),
        headers: { 'idempotency-key': 'taken' },
      }),
    ]
    expect(replies.slice(0, 2).map(({ status, json }) => [status, json.code])).toEqual([
      [422, 'idempotency_key_reused'],
      [422, 'idempotency_key_reused'],
    ])
    expect(await countKeys('second')).toBe(0)
    const renamed = await api.request('PATCH', '/tenants/acme', {
      token: tenant.owner.token,
      body: { name: 'X' },
      headers: { 'idempotency-key': 'taken' },
    })
    expect(renamed.json.code).toBe('idempotency_key_reused')
  })

  it('is of one tenant: another one uses the same key for itself', async () => {
    const other = await api.createTenant('other')
    const [mine, theirs] = [
      await create('shared', 'mine'),
      await create('shared', 'theirs', { slug: 'other', token: other.owner.token }),
    ]
    expect([mine.status, theirs.status]).toEqual([201, 201])
    expect(theirs.json.key).not.toBe(mine.json.key)
  })

  it('is free again after a failure', async () => {
    const headers = { 'idempotency-key': 'failed' }
    const path = '/tenants/acme/members'
    const refused = await api.request('POST', path, {
      token: tenant.owner.token,
      body: { email: 'late@comer.example', role: 'viewer' },
      headers,
    })
    expect(refused.status).toBe(422)
    const registration = {
      email: 'late@comer.example',
      password: 'a long enough password',
      tenant_name: 'Late',
      tenant_slug: 'late',
    }
    await api.request('POST', '/auth/register', { body: registration })
    const accepted = await api.request('POST', path, {
      token: tenant.owner.token,
      body: { email: 'late@comer.example', role: 'viewer' },
      headers,
    })
    expect(accepted.status).toBe(201)
  })

  it('repeats an answer without a body', async () => {
    const { json } = await create('to-delete', 'deleted')
    const headers = { 'idempotency-key': 'delete' }
    const path = `/tenants/acme/api-keys/${json.id}`
    const first = await api.request('DELETE', path, { token: tenant.owner.token, headers })
    const again = await api.request('DELETE', path, { token: tenant.owner.token, headers })
    expect([first.status, again.status, again.text, again.headers['idempotency-replayed']]).toEqual([
      204,
      204,
      '',
      'true',
    ])
  })

  it('is free again after a day', async () => {
    await create('old', 'yesterday')
    await api.test.admin.query(`update idempotency_keys set created_at = now() - interval '25 hours' where key = 'old'`)
    expect((await create('old', 'today')).status).toBe(201)
    expect((await create('old', 'today')).headers['idempotency-replayed']).toBe('true')
    expect(await countKeys('today')).toBe(1)
  })

  it('makes fifty requests at once one', async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => create('many', 'parallel')))
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(await countKeys('parallel')).toBe(1)
  })

  it.skipIf(!hasServer())('makes twins on two connections wait for each other', async () => {
    for (let round = 0; round < 20; round += 1) {
      const replies = await Promise.all([
        create(`twin-${round}`, `twin-${round}`),
        create(`twin-${round}`, `twin-${round}`),
      ])
      expect(replies.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(1)
      expect(await countKeys(`twin-${round}`)).toBe(1)
    }
  })

  it.each(['', ' ', 'with space', 'ü', 'a'.repeat(256)])('answers 400 for %j', async (key) => {
    const reply = await create(key, 'unnamed')
    expect([reply.status, reply.json.code]).toEqual([400, 'invalid_request'])
  })
})
