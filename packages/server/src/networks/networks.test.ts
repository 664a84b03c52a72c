import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import {
  monitorBody,
  networkBody,
  problemsIn,
  setLimit,
  startConfigurationApi,
  triggerBody,
} from '../testing/configuration-api.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startConfigurationApi()
  tenant = await api.createTenant('acme')
  await setLimit(api, tenant, { quota: 'max_networks', limit: 100 })
  await offerShared('ethereum_mainnet')
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

/** A network as the operator's files make it. */
async function offerShared(slug: string): Promise<void> {
  const configuration = { ...networkBody(slug).configuration, name: 'Ethereum' }
  await api.test.admin.query(`
    with source as (insert into chain_sources (id, kind, lease_key) values (gen_random_uuid(), 'shared', 'shared:${slug}') returning id)
    insert into shared_networks (network_id, source_id, configuration, content_hash)
    select '${slug}', id, '${JSON.stringify(configuration)}'::jsonb, 'x' from source`)
}

const mask = 'https://rpc.acme.example/…••••-key'

describe('a network', () => {
  it('is created in OZ format and read back the same, but for its masked endpoint', async () => {
    const body = {
      ...networkBody('created'),
      explorer_url: 'https://etherscan.io',
      labels: { team: 'ops' },
      extensions: { a: null },
    }
    const reply = await call('POST', '', { body })
    expect([reply.status, reply.headers['etag']]).toEqual([201, '"1"'])
    const { configuration } = networkBody('created')
    const [endpoint] = configuration.rpc_urls
    expect(reply.json).toMatchObject({
      network_id: 'created',
      name: 'Network created',
      network_type: 'EVM',
      configuration: { ...configuration, rpc_urls: [{ ...endpoint, url: { type: 'Plain', value: mask } }] },
      explorer_url: 'https://etherscan.io',
      labels: { team: 'ops' },
      extensions: { a: null },
      shared: false,
      is_active: true,
      version: 1,
      status: { state: 'idle', cursor: null, head: null },
      warnings: [],
    })
    const { warnings: _, ...saved } = reply.json
    const read = await call('GET', '/created')
    expect([read.json, read.headers['etag']]).toEqual([saved, '"1"'])
  })

  it('keeps every digit and every null of its configuration', async () => {
    const raw = JSON.stringify(networkBody('digits', { recovery_config: null })).replace(
      '"chain_id":1',
      '"chain_id":18446744073709551615',
    )
    expect((await call('POST', '', { raw })).status).toBe(201)
    const { text } = await call('GET', '/digits')
    expect(text).toContain('"chain_id":18446744073709551615')
    expect(text).toContain('"recovery_config":null')
  })

  it('is replaced as a whole by PUT: what the body leaves out is gone', async () => {
    await call('POST', '', {
      body: { ...networkBody('replaced'), labels: { a: 'b' }, explorer_url: 'https://x.example' },
    })
    const { chain_id: _, ...configuration } = networkBody('replaced', { name: 'New name' }).configuration
    const reply = await call('PUT', '/replaced', { body: { configuration } })
    expect([reply.status, reply.headers['etag']]).toEqual([200, '"2"'])
    expect(reply.json).toMatchObject({ name: 'New name', labels: {}, explorer_url: null, version: 2 })
    expect(reply.json.configuration).not.toHaveProperty('chain_id')
  })

  it('is merged by PATCH: null removes, arrays are replaced, the rest stays', async () => {
    await call('POST', '', { body: { ...networkBody('patched'), labels: { a: '1', b: '2' } } })
    const patch = {
      labels: { a: null, c: '3' },
      configuration: { chain_id: null, confirmation_blocks: 5 },
      name: 'By name',
    }
    const reply = await call('PATCH', '/patched', { body: patch })
    expect(reply.json).toMatchObject({
      name: 'By name',
      labels: { b: '2', c: '3' },
      configuration: { confirmation_blocks: 5, name: 'By name' },
    })
    expect(reply.json.configuration).not.toHaveProperty('chain_id')
    expect(reply.json.configuration.rpc_urls[0].url.value).toBe(mask)
  })

  it('accepts its own answer as the body of PUT, unchanged', async () => {
    await create('looped')
    const { json } = await call('GET', '/looped')
    const reply = await call('PUT', '/looped', { body: json })
    expect(reply.status).toBe(200)
    expect(reply.json.configuration).toEqual(json.configuration)
  })

  it('is deleted once, and its id and name are free again', async () => {
    await create('deleted')
    expect((await call('DELETE', '/deleted')).status).toBe(204)
    expect((await call('GET', '/deleted')).status).toBe(404)
    expect((await call('DELETE', '/deleted')).status).toBe(404)
    const again = await create('deleted')
    expect(again.json.version).toBe(1)
  })

  it('keeps its type, and is renamed only while no monitor uses it', async () => {
    await create('renamed')
    const type = await call('PATCH', '/renamed', { body: { configuration: { network_type: 'Stellar' } } })
    expect(problemsIn(type.json)).toEqual(['/configuration/network_type immutable'])
    const renamed = await call('PATCH', '/renamed', { body: { configuration: { slug: 'renamed_2' } } })
    expect([renamed.status, renamed.json.network_id]).toEqual([200, 'renamed_2'])
    expect((await call('GET', '/renamed')).status).toBe(404)
  })

  it('that a monitor uses is neither deleted nor renamed: 409 names the monitors', async () => {
    await create('used')
    const { token } = tenant.owner
    await api.request('POST', '/tenants/acme/triggers', { token, body: triggerBody('hook') })
    const monitor = monitorBody('watcher', { networks: ['used'], triggers: ['hook'] })
    expect((await api.request('POST', '/tenants/acme/monitors', { token, body: monitor })).status).toBe(201)
    for (const reply of [
      await call('DELETE', '/used'),
      await call('PATCH', '/used', { body: { configuration: { slug: 'other' } } }),
    ]) {
      expect([reply.status, reply.json.code, reply.json.monitors]).toEqual([409, 'conflict', ['watcher']])
    }
    expect((await call('PATCH', '/used', { body: { configuration: { confirmation_blocks: 3 } } })).status).toBe(200)
    await api.request('DELETE', '/tenants/acme/monitors/watcher', { token })
    expect((await call('DELETE', '/used')).status).toBe(204)
  })

  it('is changed by the version that was read alone: If-Match', async () => {
    await create('versioned')
    const patch = (ifMatch: string) =>
      call('PATCH', '/versioned', { body: { labels: { by: 'x' } }, headers: { 'if-match': ifMatch } })
    expect((await patch('"1"')).headers['etag']).toBe('"2"')
    for (const stale of ['"1"', '"3"', 'W/"2"', 'x']) {
      const reply = await patch(stale)
      expect([stale, reply.status, reply.json.code, reply.json.current_version]).toEqual([
        stale,
        412,
        'precondition_failed',
        2,
      ])
    }
    expect((await call('DELETE', '/versioned', { headers: { 'if-match': '"1"' } })).status).toBe(412)
    expect((await patch('*')).status).toBe(200)
  })

  it('of another tenant does not exist, and its slug and name are free', async () => {
    const other = await api.createTenant('other')
    await create('mine')
    expect((await call('GET', '/mine', {}, other)).status).toBe(404)
    expect((await call('POST', '', { body: networkBody('mine') }, other)).status).toBe(201)
    expect((await call('DELETE', '/mine', {}, other)).status).toBe(204)
    expect((await call('GET', '/mine')).status).toBe(200)
  })
})

describe('shared networks', () => {
  it('are read and listed after the own ones, without their endpoints', async () => {
    const { json, text } = await call('GET', '/ethereum_mainnet')
    expect(json).toMatchObject({ network_id: 'ethereum_mainnet', shared: true, explorer_url: null })
    expect(json.configuration).toEqual({ network_type: 'EVM', slug: 'ethereum_mainnet', name: 'Ethereum', chain_id: 1 })
    expect(text).not.toContain('rpc')
    const list = await call('GET', '', { query: 'limit=200' })
    expect(list.json.items.at(-1)).toMatchObject({ network_id: 'ethereum_mainnet', shared: true })
    expect(list.json.items.filter((item: { shared: boolean }) => item.shared)).toHaveLength(1)
  })

  it('cannot be changed or deleted by a tenant', async () => {
    const attempts = [
      await call('PUT', '/ethereum_mainnet', { body: networkBody('ethereum_mainnet') }),
      await call('PATCH', '/ethereum_mainnet', { body: { labels: {} } }),
      await call('DELETE', '/ethereum_mainnet'),
    ]
    for (const reply of attempts) expect([reply.status, reply.json.code]).toEqual([409, 'conflict'])
  })

  it('keep their slug to themselves: an own network with it is 409, by creation and by renaming', async () => {
    await create('not_shared')
    const attempts = [
      await call('POST', '', { body: networkBody('ethereum_mainnet') }),
      await call('PATCH', '/not_shared', { body: { configuration: { slug: 'ethereum_mainnet' } } }),
    ]
    for (const reply of attempts)
      expect([reply.status, reply.json.code, reply.json.network_id]).toEqual([409, 'conflict', 'ethereum_mainnet'])
    expect((await call('GET', '/not_shared')).status).toBe(200)
  })
})

describe('the list of networks', () => {
  it('comes in pages without gaps or repeats, filtered by text and type', async () => {
    for (const slug of ['list_a', 'list_b', 'list_c', 'list_d']) await create(slug)
    const seen: string[] = []
    let query = 'limit=3&q=list'
    for (;;) {
      const { json } = await call('GET', '', { query })
      seen.push(...json.items.map((item: { network_id: string }) => item.network_id))
      if (json.next_cursor === null) break
      query = `limit=3&q=list&cursor=${json.next_cursor}`
    }
    expect(seen).toEqual(['list_a', 'list_b', 'list_c', 'list_d'])
    expect((await call('GET', '', { query: 'q=LIST_B' })).json.items).toHaveLength(1)
    expect((await call('GET', '', { query: 'q=%25' })).json.items).toEqual([])
    expect((await call('GET', '', { query: 'network_type=Stellar' })).json.items).toEqual([])
    expect((await call('GET', '', { query: 'network_type=Nope' })).status).toBe(400)
    expect((await call('GET', '', { query: 'cursor=xyz' })).status).toBe(400)
  })
})
