import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import { networkBody, setLimit, startConfigurationApi, usedOf } from '../testing/configuration-api.ts'
import { hasServer } from '../testing/harness.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startConfigurationApi()
  tenant = await api.createTenant('acme')
  await setLimit(api, tenant, { quota: 'max_networks', limit: 100 })
})
afterAll(() => api.close())

function call(method: string, path = '', request: TestRequest = {}, owner = tenant): Promise<TestReply> {
  return api.request(method, `/tenants/${owner.slug}/networks${path}`, { token: owner.owner.token, ...request })
}

async function create(slug: string, change: object = {}): Promise<TestReply> {
  const reply = await call('POST', '', { body: networkBody(slug, { ...change }) })
  if (reply.status !== 201) throw new Error(reply.text)
  return reply
}

async function auditOf(slug: string): Promise<{ action: string; before: unknown; after: unknown }[]> {
  const query = 'target_kind=network&limit=200'
  const { json } = await api.request('GET', `/tenants/${tenant.slug}/audit-events`, {
    token: tenant.owner.token,
    query,
  })
  return json.items.filter((event: { target: { id: string } }) => event.target.id === slug)
}

const mask = 'https://rpc.acme.example/…••••-key'

describe('each change of a network', () => {
  it('is audited with its masked forms, and announced to its source', async () => {
    const { json } = await create('audited')
    await call('PATCH', '/audited', { body: { labels: { a: 'b' } } })
    await call('DELETE', '/audited')
    expect(await auditOf('audited')).toMatchObject([
      { action: 'network.delete', before: { labels: { a: 'b' } }, after: null },
      { action: 'network.update', before: { labels: {} }, after: { labels: { a: 'b' } } },
      { action: 'network.create', before: null, after: { configuration: { rpc_urls: [{ url: { value: mask } }] } } },
    ])
    const { rows } = await api.test.admin.query(
      `select 1 from config_changes where object_kind = 'network' and object_id = $1`,
      [json.id],
    )
    expect(rows).toHaveLength(3)
  })

  it('leaves neither a row nor a count when its audit event cannot be written', async () => {
    const used = await usedOf(api, tenant, 'max_networks')
    await api.test.admin.query(
      `alter table audit_events add constraint no_network check (target_id <> 'unaudited') not valid`,
    )
    const reply = await call('POST', '', { body: networkBody('unaudited') })
    await api.test.admin.query('alter table audit_events drop constraint no_network')
    expect(reply.status).toBe(500)
    expect((await call('GET', '/unaudited')).status).toBe(404)
    expect(await usedOf(api, tenant, 'max_networks')).toBe(used)
  })
})

describe('the quota of networks', () => {
  it('refuses the one too many with quota, limit and used, and is given back by deletion', async () => {
    const small = await api.createTenant('small')
    await setLimit(api, small, { quota: 'max_networks', limit: 2 })
    for (const slug of ['a', 'b']) expect((await call('POST', '', { body: networkBody(slug) }, small)).status).toBe(201)
    const refused = await call('POST', '', { body: networkBody('c') }, small)
    expect(refused.status).toBe(403)
    expect(refused.json).toMatchObject({ code: 'quota_exceeded', quota: 'max_networks', limit: 2, used: 2 })
    expect((await call('DELETE', '/a', {}, small)).status).toBe(204)
    expect(await usedOf(api, small, 'max_networks')).toBe(1)
    expect((await call('POST', '', { body: networkBody('c') }, small)).status).toBe(201)
    expect(await usedOf(api, small, 'max_networks')).toBe(2)
  })

  it.skipIf(!hasServer())('admits exactly one of a hundred at once when one is left', async () => {
    const crowd = await api.createTenant('crowd')
    await setLimit(api, crowd, { quota: 'max_networks', limit: 5 })
    for (const slug of ['a', 'b', 'c', 'd']) await call('POST', '', { body: networkBody(slug) }, crowd)
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, n) => call('POST', '', { body: networkBody(`parallel_${n}`) }, crowd)),
    )
    // A request that waited too long for the tenant's slots is refused as busy: never let in, never counted.
    expect(replies.filter(({ status }) => ![201, 403, 503].includes(status))).toEqual([])
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(await usedOf(api, crowd, 'max_networks')).toBe(5)
    const { rows } = await api.test.admin.query('select 1 from networks where tenant_id = $1 and is_active', [crowd.id])
    expect(rows).toHaveLength(5)
  })
})
