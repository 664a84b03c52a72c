import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import {
  createWatchingTenant,
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
  tenant = await createWatchingTenant(api, 'acme')
  await setLimit(api, tenant, { quota: 'max_monitors', limit: 100 })
})
afterAll(() => api.close())

function call(method: string, path = '', request: TestRequest = {}, owner = tenant): Promise<TestReply> {
  return api.request(method, `/tenants/${owner.slug}/monitors${path}`, { token: owner.owner.token, ...request })
}

async function create(monitorId: string, change: object = {}, beside: object = {}): Promise<TestReply> {
  const reply = await call('POST', '', { body: { ...monitorBody(monitorId, { ...change }), ...beside } })
  if (reply.status !== 201) throw new Error(reply.text)
  return reply
}

describe('a monitor', () => {
  it('is created in OZ format and read back the same', async () => {
    const body = {
      ...monitorBody('Created.1-a_b'),
      severity: 'critical',
      labels: { team: 'ops' },
      extensions: { runbook: null },
    }
    const reply = await call('POST', '', { body })
    expect([reply.status, reply.headers['etag']]).toEqual([201, '"1"'])
    expect(reply.json).toMatchObject({
      ...body,
      name: body.configuration.name,
      is_active: true,
      version: 1,
      status: {
        effective_from_block: null,
        last_evaluated_block: null,
        lag_s: null,
        last_match_at: null,
        failing_since: null,
        networks: [{ network_id: 'acme_evm', state: 'pending' }],
      },
      warnings: [],
    })
    expect(reply.json.configuration).toEqual(body.configuration)
    const { warnings: _, ...saved } = reply.json
    expect((await call('GET', '/Created.1-a_b')).json).toEqual(saved)
  })

  it('keeps every digit, every null and every repetition of its configuration', async () => {
    const change = {
      networks: ['acme_evm', 'acme_evm'],
      triggers: ['ops', 'ops'],
      match_conditions: {
        functions: [],
        events: [{ signature: ' Transfer( address ) ', expression: null }],
        transactions: [{ status: 'Any' }],
      },
      chain_configurations: [{ evm: { depth: 18446744073709551615n }, future: null }],
    }
    await create('digits', change)
    const { text, json } = await call('GET', '/digits')
    expect(text).toContain('"depth":18446744073709551615')
    expect(json.configuration).toEqual(monitorBody('digits', change).configuration)
    expect(json.status.networks).toHaveLength(1)
  })

  it('is replaced as a whole by PUT: what the body leaves out is gone', async () => {
    await create('replaced', {}, { severity: 'low', labels: { a: 'b' } })
    const { configuration } = monitorBody('replaced', { triggers: [], name: 'New name' })
    const reply = await call('PUT', '/replaced', { body: { configuration } })
    expect([reply.status, reply.headers['etag']]).toEqual([200, '"2"'])
    expect(reply.json).toMatchObject({ name: 'New name', severity: 'medium', labels: {}, configuration })
    expect(problemsIn((await call('PUT', '/replaced', { body: monitorBody('other') })).json)).toEqual([
      '/monitor_id immutable',
    ])
  })

  it('is merged by PATCH: null removes, arrays are replaced, the rest stays', async () => {
    await create('patched', { chain_configurations: [{ evm: {} }] }, { severity: 'high', labels: { a: '1', b: '2' } })
    const patch = { name: 'By name', labels: { a: null }, configuration: { chain_configurations: null, triggers: [] } }
    const reply = await call('PATCH', '/patched', { body: patch })
    expect(reply.json).toMatchObject({ name: 'By name', severity: 'high', labels: { b: '2' } })
    const { configuration } = monitorBody('patched', { name: 'By name', triggers: [] })
    expect(reply.json.configuration).toEqual(configuration)
  })

  it('accepts its own answer as the body of PUT, unchanged', async () => {
    await create('looped', {}, { severity: 'low' })
    const { json } = await call('GET', '/looped')
    const reply = await call('PUT', '/looped', { body: json })
    expect([reply.status, reply.json.configuration, reply.json.severity]).toEqual([200, json.configuration, 'low'])
  })

  it('is paused and resumed, each once, in the configuration itself', async () => {
    await create('paused')
    const paused = await call('POST', '/paused/pause')
    expect([paused.status, paused.headers['etag'], paused.json.configuration.paused]).toEqual([200, '"2"', true])
    expect(paused.json.status.networks[0].state).toBe('paused')
    expect((await call('POST', '/paused/pause')).headers['etag']).toBe('"2"')
    expect((await call('POST', '/paused/resume', { headers: { 'if-match': '"1"' } })).status).toBe(412)
    const resumed = await call('POST', '/paused/resume')
    expect([resumed.headers['etag'], resumed.json.configuration.paused]).toEqual(['"3"', false])
    expect(await actionsOf('paused')).toEqual(['monitor.resume', 'monitor.pause', 'monitor.create'])
    expect((await call('POST', '/nobody/pause')).status).toBe(404)
  })

  it('is deleted once, and its id and name are free again', async () => {
    const first = await create('deleted')
    expect((await call('DELETE', '/deleted')).status).toBe(204)
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['GET', '/versions'],
    ] as const) {
      expect((await call(method, `/deleted${path}`)).status).toBe(404)
    }
    const again = await create('deleted')
    expect(again.json.version).toBe(1)
    expect(again.json.id).not.toBe(first.json.id)
    expect((await call('GET', '/deleted/versions')).json.items).toHaveLength(1)
  })

  it('is changed by the version that was read alone: If-Match', async () => {
    await create('versioned')
    const patch = (ifMatch: string) =>
      call('PATCH', '/versioned', { body: { severity: 'low' }, headers: { 'if-match': ifMatch } })
    expect((await patch('"1"')).headers['etag']).toBe('"2"')
    const stale = await patch('"1"')
    expect([stale.status, stale.json.code, stale.json.current_version]).toEqual([412, 'precondition_failed', 2])
    expect((await call('DELETE', '/versioned', { headers: { 'if-match': '"1"' } })).status).toBe(412)
  })

  it('of another tenant does not exist, and neither do its networks and triggers', async () => {
    const other = await api.createTenant('other')
    await create('mine')
    for (const method of ['GET', 'DELETE']) expect((await call(method, '/mine', {}, other)).status).toBe(404)
    const reply = await call('POST', '', { body: monitorBody('mine') }, other)
    expect(problemsIn(reply.json)).toEqual([
      '/configuration/networks/0 unknown_network',
      '/configuration/triggers/0 unknown_trigger',
    ])
  })
})

describe('the versions of a monitor', () => {
  it('are all kept, newest first and in pages, with who made them', async () => {
    const member = await api.addUser(tenant, 'member')
    await create('history')
    await call('PATCH', '/history', { body: { severity: 'low' }, token: member.token })
    await call('POST', '/history/pause')
    const first = await call('GET', '/history/versions', { query: 'limit=2' })
    expect(first.json.items).toMatchObject([
      { version: 3, severity: 'low', configuration: { paused: true }, created_by: tenant.owner.email },
      { version: 2, severity: 'low', configuration: { paused: false }, created_by: member.email },
    ])
    const rest = await call('GET', '/history/versions', { query: `limit=2&cursor=${first.json.next_cursor}` })
    expect(rest.json).toMatchObject({
      items: [{ version: 1, severity: 'medium', created_by: tenant.owner.email }],
      next_cursor: null,
    })
  })
})

describe('the references of a monitor', () => {
  it('are bound when it is saved: a network that takes the id later does not take its place', async () => {
    const { token } = tenant.owner
    const sourceOf = async (monitorId: string) => {
      const { rows } = await api.test.admin.query<{ source: string }>(
        `select mn.source_id as source from monitor_networks mn join monitors m using (tenant_id)
         where m.id = mn.monitor_id and m.tenant_id = $1 and m.monitor_id = $2 and m.is_active`,
        [tenant.id, monitorId],
      )
      return rows.map(({ source }) => source)
    }
    await offerShared('shared_evm')
    await create('bound', { networks: ['shared_evm'] })
    const [before] = await sourceOf('bound')
    await api.test.admin.query(`update shared_networks set is_active = false where network_id = 'shared_evm'`)
    expect(
      (await api.request('POST', '/tenants/acme/networks', { token, body: networkBody('shared_evm') })).status,
    ).toBe(201)
    await call('PATCH', '/bound', { body: { severity: 'low' } })
    expect(await sourceOf('bound')).toEqual([before])
    await create('bound_later', { networks: ['shared_evm'] })
    expect(await sourceOf('bound_later')).not.toEqual([before])
  })

  it('follow a change: filters and deletion see the new ones and no longer the old', async () => {
    const { token } = tenant.owner
    await api.request('POST', '/tenants/acme/triggers', { token, body: triggerBody('second') })
    await create('moved', { triggers: ['ops'] })
    await call('PATCH', '/moved', { body: { configuration: { triggers: ['second'] } } })
    expect(await idsOf('trigger=second')).toEqual(['moved'])
    expect(await idsOf('trigger=ops&q=moved')).toEqual([])
    expect((await api.request('DELETE', '/tenants/acme/triggers/second', { token })).status).toBe(409)
    await call('PATCH', '/moved', { body: { configuration: { triggers: [] } } })
    expect((await api.request('DELETE', '/tenants/acme/triggers/second', { token })).status).toBe(204)
  })
})

describe('the list of monitors', () => {
  it('comes newest first in pages without gaps or repeats', async () => {
    for (const id of ['page_a', 'page_b', 'page_c', 'page_d']) await create(id)
    const seen: string[] = []
    let query = 'limit=3&q=page_'
    for (;;) {
      const { json } = await call('GET', '', { query })
      seen.push(...json.items.map((item: { monitor_id: string }) => item.monitor_id))
      if (json.next_cursor === null) break
      query = `limit=3&q=page_&cursor=${json.next_cursor}`
    }
    expect(seen).toEqual(['page_d', 'page_c', 'page_b', 'page_a'])
  })

  it('is filtered by address, network, trigger, state, severity and text', async () => {
    await create(
      'filter_a',
      { addresses: [{ address: '0x00000000000000000000000000000000000000FE' }] },
      { severity: 'high' },
    )
    await create('filter_b', { triggers: [], paused: true, name: '100% sure' })
    expect(await idsOf('address=0x00000000000000000000000000000000000000fe')).toEqual(['filter_a'])
    expect(await idsOf('address=00000000000000000000000000000000000000FE')).toEqual(['filter_a'])
    expect(await idsOf('network=acme_evm&q=filter_')).toEqual(['filter_b', 'filter_a'])
    expect(await idsOf('network=nowhere')).toEqual([])
    expect(await idsOf('trigger=ops&q=filter_')).toEqual(['filter_a'])
    expect(await idsOf('state=paused&q=filter_')).toEqual(['filter_b'])
    expect(await idsOf('state=active&q=filter_')).toEqual(['filter_a'])
    expect(await idsOf('severity=high&q=filter_')).toEqual(['filter_a'])
    expect(await idsOf('q=100%25')).toEqual(['filter_b'])
    expect(await idsOf('q=FILTER_A')).toEqual(['filter_a'])
    for (const query of ['state=gone', 'severity=x', 'cursor=x', 'limit=0', 'limit=201', 'q=']) {
      expect((await call('GET', '', { query })).status, query).toBe(400)
    }
  })
})

async function idsOf(query: string): Promise<string[]> {
  const { json } = await call('GET', '', { query })
  return json.items.map((item: { monitor_id: string }) => item.monitor_id)
}

async function actionsOf(monitorId: string): Promise<string[]> {
  const query = 'target_kind=monitor&limit=200'
  const { json } = await api.request('GET', '/tenants/acme/audit-events', { token: tenant.owner.token, query })
  return json.items
    .filter((event: { target: { id: string } }) => event.target.id === monitorId)
    .map((event: { action: string }) => event.action)
}

async function offerShared(slug: string): Promise<void> {
  await api.test.admin.query(`
    with source as (insert into chain_sources (id, kind, lease_key) values (gen_random_uuid(), 'shared', 'shared:${slug}') returning id)
    insert into shared_networks (network_id, source_id, configuration, content_hash)
    select '${slug}', id, '${JSON.stringify(networkBody(slug).configuration)}'::jsonb, 'x' from source`)
}
