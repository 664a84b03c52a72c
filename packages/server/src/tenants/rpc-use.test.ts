import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { createWatchingTenant, monitorBody, setLimit, startFullApi } from '../testing/configuration-api.ts'
import type { TestApi } from '../testing/api-harness.ts'
import { createRpcUseReporter } from './rpc-use-report.ts'

let api: TestApi
let acme: TestTenant

beforeAll(async () => {
  api = await startFullApi()
  acme = await api.createTenant('acme')
})
afterAll(() => api.close())

const quota = 'max_rpc_requests_per_minute'

function startProcess() {
  const used = new Map<string, number>()
  const logger = createLogger({ level: 'silent' })
  return { used, ...createRpcUseReporter({ ...api, logger, budget: { used: () => used } }) }
}

const shown = async (tenant: TestTenant) => {
  const { json } = await api.request('GET', `/tenants/${tenant.slug}/quota`, { token: tenant.owner.token })
  return json.items.find((item: { quota: string }) => item.quota === quota)
}

const openNotices = async () => {
  const { json } = await api.request('GET', '/tenants/acme/notices', { token: acme.owner.token, query: 'state=open' })
  return json.items.map(({ kind, subject }: { kind: string; subject: { id: string } }) => `${kind} ${subject.id}`)
}

describe('the requests to own nodes of the last minute', () => {
  it('are shown in the quota, of all processes together, and told at 80 and 100 percent', async () => {
    await setLimit(api, acme, { quota, limit: 100 })
    const globex = await api.createTenant('globex')
    const [first, second] = [startProcess(), startProcess()]
    first.used.set(acme.id, 30)
    await first.report()
    expect(await shown(acme)).toMatchObject({ quota, limit: 100, used: 30, enforced: true })
    expect(await openNotices()).toEqual([])
    second.used.set(acme.id, 50).set(globex.id, 1)
    await second.report()
    expect([(await shown(acme)).used, (await shown(globex)).used]).toEqual([80, 1])
    expect(await openNotices()).toEqual([`quota_near ${quota}`])
    first.used.set(acme.id, 60)
    await first.report()
    expect((await openNotices()).toSorted()).toEqual([`quota_near ${quota}`, `quota_reached ${quota}`])
    first.used.clear()
    second.used.clear()
    await first.report()
    await second.report()
    expect((await shown(acme)).used).toBe(0)
    expect(await openNotices()).toEqual([])
  })

  it('are not shown of a process that ended long ago', async () => {
    const ended = startProcess()
    ended.used.set(acme.id, 40)
    await ended.report()
    await api.test.admin.query(`update rpc_use set measured_at = now() - interval '61 seconds'`)
    expect((await shown(acme)).used).toBe(0)
    await api.test.admin.query(`update rpc_use set measured_at = now() - interval '2 hours'`)
    const next = startProcess()
    next.used.set(acme.id, 1)
    await next.report()
    expect((await api.test.admin.query('select from rpc_use')).rows).toHaveLength(1)
  })
})

describe('explaining on an own network', () => {
  it('is told when to come again while the requests are used up', async () => {
    const tenant = await createWatchingTenant(api, 'curious')
    const { token } = tenant.owner
    await api.request('POST', '/tenants/curious/monitors', { token, body: monitorBody('transfers') })
    await setLimit(api, tenant, { quota, limit: 0 })
    const body = { tx_hash: `0x${'ab'.repeat(32)}` }
    const reply = await api.request('POST', '/tenants/curious/monitors/transfers/explain', { token, body })
    expect([reply.status, reply.json.code, reply.headers['retry-after']]).toEqual([429, 'rate_limited', '60'])
  })
})
