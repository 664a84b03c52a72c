import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import {
  hostileBodies,
  networkBody,
  plainSecrets,
  problemsIn,
  rowsAsText,
  setLimit,
  startConfigurationApi,
  usedOf,
} from '../testing/configuration-api.ts'

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

const mask = 'https://rpc.acme.example/…••••-key'

describe('problems of a network', () => {
  it('are all told at once, with pointers from the root of the body', async () => {
    await create('taken')
    const body = {
      ...networkBody('taken', {
        name: ' NETWORK taken ',
        network_type: 'Solana',
        rpc_urls: [{ type_: 'ws_rpc', url: { type: 'Environment', value: 'RPC' }, weight: 101 }],
        block_time_ms: 1,
        cron_schedule: 'never',
        zz: 1,
      }),
      explorer_url: 'javascript:alert(1)',
      labels: { a: 1 },
      other: true,
    }
    const reply = await call('POST', '', { body })
    expect([reply.status, reply.json.code]).toEqual([422, 'invalid_object'])
    expect(problemsIn(reply.json)).toEqual([
      '/configuration/block_time_ms out_of_range',
      '/configuration/cron_schedule invalid_cron',
      '/configuration/name duplicate_name',
      '/configuration/network_type unsupported_feature',
      '/configuration/rpc_urls/0/type_ invalid_value',
      '/configuration/rpc_urls/0/url/type unsupported_secret_type',
      '/configuration/rpc_urls/0/weight out_of_range',
      '/configuration/slug duplicate_id',
      '/configuration/zz unknown_field',
      '/explorer_url invalid_value',
      '/labels/a invalid_type',
      '/other unknown_field',
    ])
  })

  it.each(['Solana', 'Midnight'])('say that a %s network cannot be watched yet', async (networkType) => {
    const midnight = { type_: 'ws_rpc', url: { type: 'Plain', value: 'wss://rpc.acme.example' }, weight: 1 }
    const change = { network_type: networkType, ...(networkType === 'Midnight' ? { rpc_urls: [midnight] } : {}) }
    const reply = await call('POST', '', { body: networkBody('chain', change) })
    expect(problemsIn(reply.json)).toEqual(['/configuration/network_type unsupported_feature'])
  })

  it.each(['Environment', 'environment', 'HashicorpCloudVault'])(
    'refuse a secret of type %s without reading it',
    async (type) => {
      const change = { rpc_urls: [{ type_: 'rpc', url: { type, value: 'PATH' }, weight: 1 }] }
      const reply = await call('POST', '', { body: networkBody('vault', change) })
      expect(problemsIn(reply.json)).toEqual(['/configuration/rpc_urls/0/url/type unsupported_secret_type'])
    },
  )

  it.each(['', 'UPPER', 'with-dash', 'with space', 'ü', 'a/b'])('refuse the slug %j', async (slug) => {
    const reply = await call('POST', '', { body: networkBody(slug, { name: 'slug' }) })
    expect(reply.status).toBe(422)
    expect(problemsIn(reply.json).every((problem) => problem.startsWith('/configuration/slug '))).toBe(true)
  })

  it.each(hostileBodies(networkBody('hostile')))(
    'answer $status for $what, and nothing is written',
    async ({ raw, status }) => {
      await api.request('DELETE', '/tenants/acme/networks/hostile_base', { token: tenant.owner.token })
      await create('hostile_base')
      const [before, used] = [await rowsAsText(api, 'networks'), await usedOf(api, tenant, 'max_networks')]
      const asPut = raw.replaceAll('"hostile"', '"hostile_base"')
      for (const reply of [await call('POST', '', { raw }), await call('PUT', '/hostile_base', { raw: asPut })]) {
        expect([reply.status, reply.headers['content-type']]).toEqual([
          status,
          expect.stringContaining('application/problem+json'),
        ])
      }
      expect([await rowsAsText(api, 'networks'), await usedOf(api, tenant, 'max_networks')]).toEqual([before, used])
    },
  )
})

describe('the secrets of a network', () => {
  it('are in no answer, no audit event and no row', async () => {
    await create('secretive')
    await call('PATCH', '/secretive', { body: { labels: { a: 'b' } } })
    const answers = [await call('GET', '/secretive'), await call('GET'), await call('GET', '/secretive/status')]
    for (const { text } of answers) expect(text).not.toContain(plainSecrets.rpc)
    for (const table of ['networks', 'audit_events', 'config_changes', 'idempotency_keys']) {
      expect(await rowsAsText(api, table), table).not.toContain(plainSecrets.rpc)
    }
    expect(await rowsAsText(api, 'audit_events')).toContain(mask)
  })

  it('stay when their mask is sent back, wherever in the list it has moved', async () => {
    const url = (value: string) => ({ type_: 'rpc', url: { type: 'Plain', value }, weight: 50 })
    const [one, two] = ['https://one.example/aaaaaaaaaaaa1111', 'https://two.example/bbbbbbbbbbbb2222']
    const created = await create('masked', { rpc_urls: [url(one), url(two)] })
    const [first, second] = created.json.configuration.rpc_urls
    expect([first.url.value, second.url.value]).toEqual([
      'https://one.example/…••••1111',
      'https://two.example/…••••2222',
    ])
    const swapped = await call('PATCH', '/masked', { body: { configuration: { rpc_urls: [second, first] } } })
    expect(swapped.json.configuration.rpc_urls).toEqual([second, first])
    expect(await openEndpoints('masked')).toEqual([two, one])
    await call('PATCH', '/masked', {
      body: { configuration: { rpc_urls: [url('https://three.example/cccccccccccc3333'), first] } },
    })
    expect(await openEndpoints('masked')).toEqual(['https://three.example/cccccccccccc3333', one])
  })

  it('have masks of their own when two endpoints look alike', async () => {
    const url = (value: string) => ({ type_: 'rpc', url: { type: 'Plain', value }, weight: 50 })
    const urls = ['https://rpc.example/first-key-0000', 'https://rpc.example/other-key-0000']
    const { json } = await create('alike', { rpc_urls: urls.map(url) })
    const masks = json.configuration.rpc_urls.map((endpoint: { url: { value: string } }) => endpoint.url.value)
    expect(new Set(masks).size).toBe(2)
    await call('PUT', '/alike', { body: json })
    expect(await openEndpoints('alike')).toEqual(urls)
  })

  it('cannot be had by the mask of another network, nor by one that is made up', async () => {
    await create('victim')
    await create('thief', {
      rpc_urls: [{ type_: 'rpc', url: { type: 'Plain', value: 'https://thief.example/x' }, weight: 1 }],
    })
    const stolen = { rpc_urls: [{ type_: 'rpc', url: { type: 'Plain', value: mask }, weight: 1 }] }
    const replies = [
      await call('PATCH', '/thief', { body: { configuration: stolen } }),
      await call('POST', '', { body: networkBody('new', stolen) }),
      await call('PATCH', '/victim', {
        body: { configuration: { rpc_urls: [{ type_: 'rpc', url: { type: 'Plain', value: `${mask}x` }, weight: 1 }] } },
      }),
    ]
    for (const reply of replies) {
      expect([reply.status, problemsIn(reply.json)]).toEqual([
        422,
        ['/configuration/rpc_urls/0/url/value mask_without_value'],
      ])
    }
  })

  async function openEndpoints(slug: string): Promise<string[]> {
    const { rows } = await api.test.admin.query<{
      id: string
      configuration: { rpc_urls: { url: { value: string } }[] }
    }>('select id, configuration from networks where tenant_id = $1 and network_id = $2 and is_active', [
      tenant.id,
      slug,
    ])
    const row = rows[0]
    if (row === undefined) throw new Error(`no network ${slug}`)
    const place = { tenantId: tenant.id, table: 'networks', rowId: row.id, column: 'configuration' }
    return api.database.withTenant(tenant.id, { readOnly: true }, async (tx) => {
      const secrets = await api.tenantKeys.forTenant(tx, tenant.id)
      return row.configuration.rpc_urls.map(({ url }) => secrets.open(url.value, place))
    })
  }
})
