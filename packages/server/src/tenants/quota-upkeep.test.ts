import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { sql } from '../platform/db/tx.ts'
import type { TestApi, TestTenant } from '../testing/api-harness.ts'
import {
  createWatchingTenant,
  monitorBody,
  setLimit,
  startConfigurationApi,
  usedOf,
} from '../testing/configuration-api.ts'
import { noteQuotaUse, type QuotaUse } from './quota-notices.ts'
import { createQuotaUpkeep, type QuotaUpkeep } from './quota-upkeep.ts'

let api: TestApi
let upkeep: QuotaUpkeep

beforeAll(async () => {
  api = await startConfigurationApi()
  upkeep = createQuotaUpkeep({ ...api, logger: createLogger({ level: 'silent' }) })
})
afterAll(() => api.close())

/** Open and closed notices about quotas, oldest first. */
async function noticesOf(tenant: TestTenant): Promise<string[]> {
  const { rows } = await api.test.admin.query<{ kind: string; subject_id: string; is_open: boolean }>(
    `select kind, subject_id, resolved_at is null as is_open from notices
      where tenant_id = $1 and subject_kind = 'quota' order by created_at, kind`,
    [tenant.id],
  )
  return rows.map(({ kind, subject_id: quota, is_open: isOpen }) => `${kind} ${quota} ${isOpen ? 'open' : 'resolved'}`)
}

describe('notices of a counted quota', () => {
  it('come once at 80 and at 100 percent, and again only after use has fallen below', async () => {
    const tenant = await createWatchingTenant(api, 'noted')
    const { token } = tenant.owner
    await setLimit(api, tenant, { quota: 'max_monitors', limit: 5 })
    const create = (id: string) => api.request('POST', '/tenants/noted/monitors', { token, body: monitorBody(id) })
    const remove = (id: string) => api.request('DELETE', `/tenants/noted/monitors/${id}`, { token })
    const noticed = async () => {
      await upkeep.notice()
      await upkeep.notice()
      return (await noticesOf(tenant)).filter((line) => line.includes('max_monitors'))
    }

    for (const id of ['a', 'b', 'c']) expect((await create(id)).status).toBe(201)
    expect(await noticed()).toEqual([])
    await create('d')
    expect(await noticed()).toEqual(['quota_near max_monitors open'])
    await create('e')
    expect(await noticed()).toEqual(['quota_near max_monitors open', 'quota_reached max_monitors open'])
    await remove('e')
    expect(await noticed()).toEqual(['quota_near max_monitors open', 'quota_reached max_monitors resolved'])
    await create('e')
    expect(await noticed()).toEqual([
      'quota_near max_monitors open',
      'quota_reached max_monitors resolved',
      'quota_reached max_monitors open',
    ])
    for (const id of ['c', 'd', 'e']) await remove(id)
    expect((await noticed()).filter((line) => line.endsWith('open'))).toEqual([])

    const listed = await api.request('GET', '/tenants/noted/notices', { token, query: 'kind=quota_reached' })
    expect(listed.json.items[0]).toMatchObject({
      severity: 'critical',
      subject: { kind: 'quota', id: 'max_monitors' },
      data: { quota: 'max_monitors', used: 5, limit: 5 },
    })
  })

  it('tell who jumps over both lines of the second alone, and nobody that nothing of nothing is used', async () => {
    const tenant = await api.createTenant('jumping')
    const note = (use: Omit<QuotaUse, 'tenantId' | 'quota'>) =>
      api.database.withPlatform((tx) => noteQuotaUse(tx, [{ ...use, tenantId: tenant.id, quota: 'max_storage_mb' }]))
    await note({ used: 0, limit: 0 })
    expect(await noticesOf(tenant)).toEqual([])
    await note({ used: 12, limit: 10 })
    expect(await noticesOf(tenant)).toEqual(['quota_reached max_storage_mb open'])
    await note({ used: 12, limit: 100 })
    expect(await noticesOf(tenant)).toEqual(['quota_reached max_storage_mb resolved'])
  })

  it('stay away from a tenant that has ended', async () => {
    const tenant = await api.createTenant('gone')
    await setLimit(api, tenant, { quota: 'max_networks', limit: 3 })
    await api.test.admin.query(`update quotas set used = 3 where tenant_id = $1 and quota = 'max_networks'`, [
      tenant.id,
    ])
    await api.request('DELETE', '/tenants/gone', { token: tenant.owner.token })
    await upkeep.notice()
    expect(await noticesOf(tenant)).toEqual([])
  })
})

describe('reconciliation', () => {
  const driftOf = async () =>
    (await upkeep.reconcile()).map(({ slug, quota, used, counted }) => [slug, quota, used, counted])
  const gauge = async () => (await api.metrics.quotaDrift.get()).values[0]?.value

  it('finds nothing where nothing was tampered with, mends what was, and says so', async () => {
    const tenant = await createWatchingTenant(api, 'drifted')
    const { token } = tenant.owner
    await setLimit(api, tenant, { quota: 'max_monitors', limit: 2 })
    for (const id of ['a', 'b'])
      await api.request('POST', '/tenants/drifted/monitors', { token, body: monitorBody(id) })
    await api.request('DELETE', '/tenants/drifted/monitors/b', { token })
    expect([await driftOf(), await gauge()]).toEqual([[], 0])

    await api.test.admin.query(`update quotas set used = 7 where tenant_id = $1 and quota = 'max_monitors'`, [
      tenant.id,
    ])
    await api.test.admin.query(`update quotas set used = 0 where tenant_id = $1 and quota = 'max_networks'`, [
      tenant.id,
    ])
    expect(await driftOf()).toEqual([
      ['drifted', 'max_monitors', 7, 1],
      ['drifted', 'max_networks', 0, 1],
    ])
    expect(await gauge()).toBe(2)
    expect([await usedOf(api, tenant, 'max_monitors'), await usedOf(api, tenant, 'max_networks')]).toEqual([1, 1])
    const audit = await api.request('GET', '/tenants/drifted/audit-events', { token, query: 'action=quota.reconcile' })
    expect(audit.json.items).toHaveLength(2)
    expect(audit.json.items).toContainEqual(
      expect.objectContaining({
        actor: { kind: 'system', id: null, name: 'reconciliation' },
        target: { kind: 'quota', id: 'max_monitors' },
        before: { used: 7 },
        after: { used: 1 },
      }),
    )
    expect([await driftOf(), await gauge()]).toEqual([[], 0])
  })

  it('counts what stands above the limit as well, where nothing more is let in', async () => {
    const tenant = await createWatchingTenant(api, 'lowered')
    const { token } = tenant.owner
    const create = (id: string) => api.request('POST', '/tenants/lowered/monitors', { token, body: monitorBody(id) })
    for (const id of ['a', 'b', 'c']) expect((await create(id)).status).toBe(201)
    await setLimit(api, tenant, { quota: 'max_monitors', limit: 1 })
    await api.test.admin.query(`update quotas set used = 0 where tenant_id = $1 and quota = 'max_monitors'`, [
      tenant.id,
    ])
    expect(await driftOf()).toEqual([['lowered', 'max_monitors', 0, 3]])
    const refused = await create('d')
    expect(refused.json).toMatchObject({ code: 'quota_exceeded', limit: 1, used: 3 })
    expect((await api.request('DELETE', '/tenants/lowered/monitors/a', { token })).status).toBe(204)
    expect(await usedOf(api, tenant, 'max_monitors')).toBe(2)
  })

  it('has nothing to mend after a write that was cut off between its steps', async () => {
    const tenant = await createWatchingTenant(api, 'cut-off')
    await api.test.admin.query(`alter table audit_events add constraint cut_off check (target_id <> 'cut') not valid`)
    const { token } = tenant.owner
    const reply = await api.request('POST', '/tenants/cut-off/monitors', { token, body: monitorBody('cut') })
    await api.test.admin.query('alter table audit_events drop constraint cut_off')
    expect(reply.status).toBe(500)
    expect(await driftOf()).toEqual([])
  })
})

describe('the guard of the counters', () => {
  it('lets no statement of a tenant move one up beyond its limit', async () => {
    const tenant = await api.createTenant('guarded')
    const setUsed = (used: number) =>
      api.database.withTenant(tenant.id, {}, (tx) =>
        tx.execute(sql`update quotas set used = ${used} where quota = 'max_monitors'`),
      )
    await setUsed(10)
    await expect(setUsed(11)).rejects.toMatchObject({ code: '23514', constraint: 'quota_not_exceeded' })
    await expect(setUsed(-1)).rejects.toMatchObject({ code: '23514' })
    await setLimit(api, tenant, { quota: 'max_monitors', limit: 5 })
    await setUsed(9)
    await expect(setUsed(10)).rejects.toMatchObject({ constraint: 'quota_not_exceeded' })
    await setUsed(0)
  })
})
