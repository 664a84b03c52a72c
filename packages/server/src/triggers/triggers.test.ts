import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import {
  monitorBody,
  networkBody,
  plainSecrets,
  problemsIn,
  startConfigurationApi,
  triggerBody,
} from '../testing/configuration-api.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startConfigurationApi()
  tenant = await api.createTenant('acme')
})
afterAll(() => api.close())

function call(method: string, path = '', request: TestRequest = {}, owner = tenant): Promise<TestReply> {
  return api.request(method, `/tenants/${owner.slug}/triggers${path}`, { token: owner.owner.token, ...request })
}

async function create(triggerId: string, change: object = {}): Promise<TestReply> {
  const reply = await call('POST', '', { body: triggerBody(triggerId, { ...change }) })
  if (reply.status !== 201) throw new Error(reply.text)
  return reply
}

const plain = (value: string) => ({ type: 'Plain', value })
const urlMask = 'https://hooks.acme.example/…••••path'
const secretMask = '••••••••'

describe('a trigger', () => {
  it('is created in OZ format and read back the same, but for its masked secrets', async () => {
    const body = { ...triggerBody('Created.1-a_b'), labels: { team: 'ops' }, extensions: { note: [null, 1.5] } }
    const reply = await call('POST', '', { body })
    expect([reply.status, reply.headers['etag']]).toEqual([201, '"1"'])
    const { configuration } = body
    expect(reply.json).toMatchObject({
      trigger_id: 'Created.1-a_b',
      name: configuration.name,
      trigger_type: 'webhook',
      configuration: {
        ...configuration,
        config: { ...configuration.config, url: plain(urlMask), secret: plain(secretMask) },
      },
      labels: { team: 'ops' },
      extensions: { note: [null, 1.5] },
      is_active: true,
      version: 1,
      warnings: [expect.objectContaining({ code: 'missing_authentication' })],
    })
    const { warnings: _, ...saved } = reply.json
    expect((await call('GET', '/Created.1-a_b')).json).toEqual(saved)
  })

  it('keeps null for an optional field, and absence', async () => {
    await create('nulls', { secret: null, method: null, headers: null })
    const { config } = (await call('GET', '/nulls')).json.configuration
    expect(config).toMatchObject({ secret: null, method: null, headers: null })
    expect(config).not.toHaveProperty('payload_mode')
  })

  it('is replaced as a whole by PUT, with or without its id in the body', async () => {
    await call('POST', '', { body: { ...triggerBody('replaced'), labels: { a: 'b' } } })
    const { configuration } = triggerBody('replaced', { method: 'PUT' })
    const reply = await call('PUT', '/replaced', { body: { configuration } })
    expect(reply.json).toMatchObject({ version: 2, labels: {}, configuration: { config: { method: 'PUT' } } })
    expect((await call('PUT', '/replaced', { body: triggerBody('replaced') })).headers['etag']).toBe('"3"')
    const other = await call('PUT', '/replaced', { body: triggerBody('other') })
    expect(problemsIn(other.json)).toEqual(['/trigger_id immutable'])
  })

  it('is merged by PATCH: null removes, also a secret, and the rest stays', async () => {
    await create('patched', { headers: { 'X-A': '1', 'X-B': '2' } })
    const patch = { name: 'By name', configuration: { config: { headers: { 'X-A': null }, secret: null } } }
    const reply = await call('PATCH', '/patched', { body: patch })
    expect(reply.json).toMatchObject({
      name: 'By name',
      configuration: { name: 'By name', config: { headers: { 'X-B': '2' }, url: plain(urlMask) } },
    })
    expect(reply.json.configuration.config).not.toHaveProperty('secret')
    expect(await openConfig('patched')).toEqual({
      url: `https://hooks.acme.example/${plainSecrets.hook}`,
      secret: undefined,
    })
  })

  it('accepts its own answer as the body of PUT, and keeps its secrets', async () => {
    await create('looped')
    const { json } = await call('GET', '/looped')
    expect((await call('PUT', '/looped', { body: json })).json.configuration).toEqual(json.configuration)
    expect(await openConfig('looped')).toEqual({
      url: `https://hooks.acme.example/${plainSecrets.hook}`,
      secret: plainSecrets.signature,
    })
  })

  it('is deleted once, and its id and name are free again', async () => {
    await create('deleted')
    expect((await call('DELETE', '/deleted')).status).toBe(204)
    expect((await call('GET', '/deleted')).status).toBe(404)
    expect((await call('DELETE', '/deleted')).status).toBe(404)
    expect((await create('deleted')).json.version).toBe(1)
  })

  it('that a monitor uses is not deleted: 409 names the monitors', async () => {
    await create('used')
    const { token } = tenant.owner
    await api.request('POST', '/tenants/acme/networks', { token, body: networkBody('acme_evm') })
    const monitor = monitorBody('watcher', { triggers: ['used'] })
    expect((await api.request('POST', '/tenants/acme/monitors', { token, body: monitor })).status).toBe(201)
    const refused = await call('DELETE', '/used')
    expect([refused.status, refused.json.code, refused.json.monitors]).toEqual([409, 'conflict', ['watcher']])
    await api.request('DELETE', '/tenants/acme/monitors/watcher', { token })
    expect((await call('DELETE', '/used')).status).toBe(204)
  })

  it('is changed by the version that was read alone: If-Match', async () => {
    await create('versioned')
    const patch = (ifMatch: string) =>
      call('PATCH', '/versioned', { body: { labels: { by: 'x' } }, headers: { 'if-match': ifMatch } })
    expect((await patch('"1"')).headers['etag']).toBe('"2"')
    const stale = await patch('"1"')
    expect([stale.status, stale.json.code, stale.json.current_version]).toEqual([412, 'precondition_failed', 2])
    expect((await call('DELETE', '/versioned', { headers: { 'if-match': '"1"' } })).status).toBe(412)
  })

  it('of another tenant does not exist, and its id and name are free', async () => {
    const other = await api.createTenant('other')
    await create('mine')
    expect((await call('GET', '/mine', {}, other)).status).toBe(404)
    expect((await call('POST', '', { body: triggerBody('mine') }, other)).status).toBe(201)
    expect((await call('DELETE', '/mine', {}, other)).status).toBe(204)
    expect((await call('GET', '/mine')).status).toBe(200)
  })
})

describe('the list of triggers', () => {
  it('comes newest first in pages without gaps or repeats, filtered by text and type', async () => {
    for (const id of ['list_a', 'list_b', 'list_c', 'list_d']) await create(id)
    const seen: string[] = []
    let query = 'limit=3&q=LIST_'
    for (;;) {
      const { json } = await call('GET', '', { query })
      seen.push(...json.items.map((item: { trigger_id: string }) => item.trigger_id))
      if (json.next_cursor === null) break
      query = `limit=3&q=LIST_&cursor=${json.next_cursor}`
    }
    expect(seen).toEqual(['list_d', 'list_c', 'list_b', 'list_a'])
    expect((await call('GET', '', { query: 'q=%25' })).json.items).toEqual([])
    expect((await call('GET', '', { query: 'trigger_type=slack' })).json.items).toEqual([])
    expect((await call('GET', '', { query: 'trigger_type=webhook&q=list_a' })).json.items).toHaveLength(1)
  })
})

describe('each change of a trigger', () => {
  it('is audited with its masked forms, and announced', async () => {
    const { json } = await create('audited')
    await call('PATCH', '/audited', { body: { labels: { a: 'b' } } })
    await call('DELETE', '/audited')
    const query = 'target_kind=trigger&limit=3'
    const audit = await api.request('GET', '/tenants/acme/audit-events', { token: tenant.owner.token, query })
    expect(audit.json.items).toMatchObject([
      { action: 'trigger.delete', target: { id: 'audited' }, before: { labels: { a: 'b' } }, after: null },
      { action: 'trigger.update', before: { labels: {} }, after: { labels: { a: 'b' } } },
      {
        action: 'trigger.create',
        actor: { name: tenant.owner.email },
        after: { configuration: { config: { url: plain(urlMask) } } },
      },
    ])
    const { rows } = await api.test.admin.query(
      `select 1 from config_changes where object_kind = 'trigger' and object_id = $1`,
      [json.id],
    )
    expect(rows).toHaveLength(3)
  })

  it('does not happen when its audit event cannot be written', async () => {
    await create('kept')
    await api.test.admin.query(
      `alter table audit_events add constraint no_trigger check (target_id <> 'kept') not valid`,
    )
    const replies = [await call('PATCH', '/kept', { body: { labels: { a: 'b' } } }), await call('DELETE', '/kept')]
    await api.test.admin.query('alter table audit_events drop constraint no_trigger')
    expect(replies.map(({ status }) => status)).toEqual([500, 500])
    expect((await call('GET', '/kept')).json).toMatchObject({ version: 1, labels: {} })
  })
})

/** The secrets of a stored webhook in clear. */
async function openConfig(triggerId: string): Promise<{ url: string | undefined; secret: string | undefined }> {
  const { rows } = await api.test.admin.query<{
    id: string
    config: Record<'url' | 'secret', { value: string } | undefined>
  }>(
    `select id, configuration -> 'config' as config from triggers where tenant_id = $1 and trigger_id = $2 and is_active`,
    [tenant.id, triggerId],
  )
  const row = rows[0]
  if (row === undefined) throw new Error(`no trigger ${triggerId}`)
  const place = { tenantId: tenant.id, table: 'triggers', rowId: row.id, column: 'configuration' }
  return api.database.withTenant(tenant.id, { readOnly: true }, async (tx) => {
    const secrets = await api.tenantKeys.forTenant(tx, tenant.id)
    const open = (secret: { value: string } | undefined) =>
      secret === undefined ? undefined : secrets.open(secret.value, place)
    return { url: open(row.config.url), secret: open(row.config.secret) }
  })
}
