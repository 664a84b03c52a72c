import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import {
  createWatchingTenant,
  monitorBody,
  networkBody,
  setLimit,
  startConfigurationApi,
  usedOf,
} from '../testing/configuration-api.ts'
import { hasServer } from '../testing/harness.ts'

let api: TestApi

beforeAll(async () => {
  api = await startConfigurationApi()
})
afterAll(() => api.close())

function callAs(tenant: TestTenant) {
  return (method: string, path = '', request: TestRequest = {}): Promise<TestReply> =>
    api.request(method, `/tenants/${tenant.slug}/monitors${path}`, { token: tenant.owner.token, ...request })
}

async function countActive(tenant: TestTenant): Promise<number> {
  const { rows } = await api.test.admin.query('select 1 from monitors where tenant_id = $1 and is_active', [tenant.id])
  return rows.length
}

describe('the quota max_monitors', () => {
  it('refuses the one too many with quota, limit and used, and is given back by deletion', async () => {
    const tenant = await createWatchingTenant(api, 'small')
    const call = callAs(tenant)
    await setLimit(api, tenant, { quota: 'max_monitors', limit: 2 })
    for (const id of ['a', 'b']) expect((await call('POST', '', { body: monitorBody(id) })).status).toBe(201)
    const refused = await call('POST', '', { body: monitorBody('c') })
    expect(refused.status).toBe(403)
    expect(refused.json).toMatchObject({ code: 'quota_exceeded', quota: 'max_monitors', limit: 2, used: 2 })
    // Pausing gives nothing back, and what is wrong with the monitor is still said first.
    await call('POST', '/a/pause')
    expect((await call('POST', '', { body: monitorBody('c', { networks: ['nowhere'] }) })).status).toBe(422)
    expect(await usedOf(api, tenant, 'max_monitors')).toBe(2)
    expect((await call('DELETE', '/a')).status).toBe(204)
    expect(await usedOf(api, tenant, 'max_monitors')).toBe(1)
    expect((await call('POST', '', { body: monitorBody('c') })).status).toBe(201)
  })

  it('is not used up by creations that fail', async () => {
    const tenant = await createWatchingTenant(api, 'failing')
    const call = callAs(tenant)
    for (const body of [monitorBody('x', { triggers: ['nobody'] }), {}, monitorBody('x', { paused: 1 })]) {
      expect((await call('POST', '', { body })).status).toBe(422)
    }
    expect(await usedOf(api, tenant, 'max_monitors')).toBe(0)
  })

  it.skipIf(!hasServer())('admits exactly one of a hundred at once when one is left', async () => {
    const tenant = await createWatchingTenant(api, 'crowd')
    const call = callAs(tenant)
    await setLimit(api, tenant, { quota: 'max_monitors', limit: 3 })
    for (const id of ['a', 'b']) await call('POST', '', { body: monitorBody(id) })
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, n) => call('POST', '', { body: monitorBody(`parallel-${n}`) })),
    )
    // A request that waited too long for the tenant's slots is refused as busy: never let in, never counted.
    expect(replies.filter(({ status }) => ![201, 403, 503].includes(status))).toEqual([])
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect([await countActive(tenant), await usedOf(api, tenant, 'max_monitors')]).toEqual([3, 3])
  })

  it.skipIf(!hasServer())('stays right when monitors of one id are created and deleted at once', async () => {
    const tenant = await createWatchingTenant(api, 'churn')
    const call = callAs(tenant)
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        n % 2 === 0 ? call('POST', '', { body: monitorBody('same') }) : call('DELETE', '/same'),
      ),
    )
    expect(replies.filter(({ status }) => ![201, 204, 404, 422, 503].includes(status))).toEqual([])
    expect(await usedOf(api, tenant, 'max_monitors')).toBe(await countActive(tenant))
  })
})

describe('the quota max_triggers_per_monitor', () => {
  it('bounds the triggers that a monitor names, when it is created, replaced, patched and validated', async () => {
    const tenant = await createWatchingTenant(api, 'triggers')
    const call = callAs(tenant)
    await setLimit(api, tenant, { quota: 'max_triggers_per_monitor', limit: 2 })
    const triggers = ['ops', 'ops', 'ops']
    expect((await call('POST', '', { body: monitorBody('kept', { triggers: ['ops', 'ops'] }) })).status).toBe(201)
    const replies = [
      await call('POST', '', { body: monitorBody('more', { triggers }) }),
      await call('PUT', '/kept', { body: monitorBody('kept', { triggers }) }),
      await call('PATCH', '/kept', { body: { configuration: { triggers } } }),
    ]
    for (const { status, json } of replies) {
      expect([status, json.code, json.quota, json.limit, json.used]).toEqual([
        403,
        'quota_exceeded',
        'max_triggers_per_monitor',
        2,
        3,
      ])
    }
    const validated = await call('POST', '/validate', { body: monitorBody('more', { triggers }) })
    expect(validated.json).toMatchObject({
      valid: false,
      errors: [{ pointer: '/configuration/triggers', code: 'quota_exceeded' }],
    })
    expect((await call('GET', '/kept')).json.version).toBe(1)
    expect(await usedOf(api, tenant, 'max_monitors')).toBe(1)
  })
})

describe('the quota max_rpc_requests_per_minute', () => {
  const quota = 'max_rpc_requests_per_minute'
  const network = (tenant: TestTenant, method: string, path: string, body: object) =>
    api.request(method, `/tenants/${tenant.slug}/networks${path}`, { token: tenant.owner.token, body })

  it('refuses what would make own networks be asked more, by estimate, and nothing else', async () => {
    const tenant = await createWatchingTenant(api, 'asking')
    const call = callAs(tenant)
    await network(tenant, 'POST', '', networkBody('second'))
    // Each is polled once a minute and has five blocks: 11 requests.
    await setLimit(api, tenant, { quota, limit: 20 })
    for (const id of ['a', 'b']) expect((await call('POST', '', { body: monitorBody(id) })).status).toBe(201)
    const wide = monitorBody('c', { networks: ['acme_evm', 'second'] })
    const refused = await call('POST', '', { body: wide })
    expect([refused.status, refused.json.code]).toEqual([403, 'quota_exceeded'])
    expect(refused.json).toMatchObject({ quota, limit: 20, used: 22, pointer: '/configuration/networks' })
    expect((await call('POST', '/validate', { body: wide })).json).toMatchObject({
      valid: false,
      errors: [{ pointer: '/configuration/networks', code: 'quota_exceeded' }],
      estimate: { rpc_requests_per_minute: 11 },
    })
    expect((await call('PUT', '/a', { body: { ...wide, monitor_id: 'a' } })).status).toBe(403)
    const paused = monitorBody('c', { networks: ['acme_evm', 'second'], paused: true })
    expect((await call('POST', '', { body: paused })).status).toBe(201)
    expect((await call('POST', '/c/resume')).json).toMatchObject({ code: 'quota_exceeded', used: 22 })
    const faster = (seconds: number) => ({ configuration: { cron_schedule: `*/${seconds} * * * * *` } })
    expect((await network(tenant, 'PATCH', '/acme_evm', faster(10))).status).toBe(200)
    expect((await network(tenant, 'PATCH', '/acme_evm', faster(2))).json).toMatchObject({ quota, used: 40 })
    expect((await network(tenant, 'PATCH', '/second', faster(2))).status).toBe(200)
    // A limit that was lowered takes nothing away, and what asks for no more is saved.
    await setLimit(api, tenant, { quota, limit: 1 })
    expect((await call('PATCH', '/a', { body: { labels: { team: 'x' } } })).status).toBe(200)
    expect((await call('POST', '/a/pause')).status).toBe(200)
  })

  it.skipIf(!hasServer())('admits of many at once as many as fit', async () => {
    const tenant = await createWatchingTenant(api, 'rush')
    const call = callAs(tenant)
    await setLimit(api, tenant, { quota: 'max_networks', limit: 30 })
    await setLimit(api, tenant, { quota: 'max_monitors', limit: 30 })
    for (let n = 0; n < 20; n += 1) await network(tenant, 'POST', '', networkBody(`net_${n}`))
    await setLimit(api, tenant, { quota, limit: 35 })
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        call('POST', '', { body: monitorBody(`m-${n}`, { networks: [`net_${n}`] }) }),
      ),
    )
    expect(replies.filter(({ status }) => ![201, 403, 503].includes(status))).toEqual([])
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(3)
  })
})

describe('each change of a monitor', () => {
  it('is audited with its forms, and announced to its sources', async () => {
    const tenant = await createWatchingTenant(api, 'audited')
    const call = callAs(tenant)
    const { json } = await call('POST', '', { body: monitorBody('seen') })
    await call('PATCH', '/seen', { body: { severity: 'low' } })
    await call('DELETE', '/seen')
    const query = 'target_kind=monitor'
    const audit = await api.request('GET', '/tenants/audited/audit-events', { token: tenant.owner.token, query })
    expect(audit.json.items).toMatchObject([
      { action: 'monitor.delete', target: { id: 'seen' }, before: { severity: 'low' }, after: null },
      { action: 'monitor.update', before: { severity: 'medium' }, after: { severity: 'low' } },
      { action: 'monitor.create', actor: { name: tenant.owner.email }, before: null, after: monitorBody('seen') },
    ])
    const { rows } = await api.test.admin.query(
      `select 1 from config_changes where object_kind = 'monitor' and object_id = $1 and source_id is not null`,
      [json.id],
    )
    expect(rows).toHaveLength(3)
  })

  it('leaves neither a row nor a version nor a count when its audit event cannot be written', async () => {
    const tenant = await createWatchingTenant(api, 'unaudited')
    const call = callAs(tenant)
    await call('POST', '', { body: monitorBody('kept') })
    await api.test.admin.query(
      `alter table audit_events add constraint no_monitor check (target_id not in ('kept', 'new')) not valid`,
    )
    const replies = [
      await call('POST', '', { body: monitorBody('new') }),
      await call('PATCH', '/kept', { body: { severity: 'low' } }),
      await call('POST', '/kept/pause'),
      await call('DELETE', '/kept'),
    ]
    await api.test.admin.query('alter table audit_events drop constraint no_monitor')
    expect(replies.map(({ status }) => status)).toEqual([500, 500, 500, 500])
    expect((await call('GET', '/new')).status).toBe(404)
    expect((await call('GET', '/kept')).json).toMatchObject({
      version: 1,
      severity: 'medium',
      configuration: { paused: false },
    })
    expect((await call('GET', '/kept/versions')).json.items).toHaveLength(1)
    expect(await usedOf(api, tenant, 'max_monitors')).toBe(1)
  })
})
