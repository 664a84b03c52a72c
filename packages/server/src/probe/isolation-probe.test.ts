import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { createMetrics, type Metrics } from '../platform/metrics.ts'
import type { TestApi } from '../testing/api-harness.ts'
import { startFullApi } from '../testing/configuration-api.ts'
import { createApiRequest } from './api-request.ts'
import type { ProbeRequest } from './canary-objects.ts'
import { createIsolationProbe } from './isolation-probe.ts'

describe('the isolation probe', () => {
  let api: TestApi
  let request: ProbeRequest
  let metrics: Metrics

  beforeAll(async () => {
    api = await startFullApi()
    request = createApiRequest(api)
  })
  afterAll(() => api.close())
  beforeEach(() => {
    metrics = createMetrics()
  })

  const createProbe = (through: ProbeRequest = request) =>
    createIsolationProbe(
      {
        ...api,
        canaries: api.identity.canaries,
        request: through,
        logger: createLogger({ level: 'silent' }),
        metrics,
      },
      { intervalS: 300 },
    )
  const gauge = async (name: string): Promise<number> => {
    const line = (await metrics.registry.metrics()).split('\n').find((text) => text.startsWith(`${name} `))
    const value = line?.split(' ')[1]
    return value === 'Nan' || value === 'NaN' ? Number.NaN : Number(value)
  }
  const leaks = () => gauge('smt_isolation_probe_leaks')
  const lastSuccess = () => gauge('smt_isolation_probe_last_success_timestamp_seconds')

  it('tries every operation that reads, in both directions, and every table, and finds nothing', async () => {
    const found = await createProbe().run()
    expect({ ...found, attempts: 0 }).toEqual({ attempts: 0, leaks: [], problems: [], unprobed: [] })
    const reads = api.routes.filter(({ method, access }) => method === 'GET' && access !== 'public').length
    expect(found.attempts).toBeGreaterThan(2 * reads + 2 * 20)
    expect(await leaks()).toBe(0)
    expect(await lastSuccess()).toBeCloseTo(api.clock.now().getTime() / 1_000, -2)
  })

  it('finds a table whose row-level security is off, and forgets it when that is mended', async () => {
    const probe = createProbe()
    await api.test.admin.query('alter table monitors disable row level security')
    const found = await probe.run()
    await api.test.admin.query('alter table monitors enable row level security')
    expect(found.leaks).toContain('monitors without a tenant')
    expect(found.leaks.filter((leak) => leak.startsWith('monitors as smt-canary-'))).toHaveLength(2)
    expect(await leaks()).toBe(found.leaks.length)
    await probe.run()
    expect(await leaks()).toBe(0)
  })

  it('finds an operation that answers strangers, and one that mixes another’s objects into a list', async () => {
    const canaries = await api.identity.canaries.getBoth()
    const ownerOf = (path: string) => canaries.find(({ slug }) => path.startsWith(`/tenants/${slug}`))
    const strangersRead: ProbeRequest = (method, path, options) => {
      const owner = /\/monitors\/[^/]+$/.test(path) ? ownerOf(path) : undefined
      return request(method, path, owner === undefined ? options : { ...options, token: owner.token })
    }
    expect((await createProbe(strangersRead).run()).leaks).toEqual(['getMonitor of the other tenant'])

    const mixed: ProbeRequest = async (method, path, options) => {
      const reply = await request(method, path, options)
      if (!path.endsWith('/triggers') || reply.status !== 200) return reply
      const ids = canaries.map(({ tenantId }) => tenantId)
      return { ...reply, text: reply.text.replace('"items":[', `"items":[{"owners":"${ids.join()}"},`) }
    }
    expect((await createProbe(mixed).run()).leaks).toContain('listTriggers in its own tenant')
  })

  it('does not take a failure for an empty answer: no value, and no success', async () => {
    const failing: ProbeRequest = async (method, path, options) =>
      path.endsWith('/matches') ? { status: 500, text: '' } : request(method, path, options)
    const found = await createProbe(failing).run()
    expect(found.leaks).toEqual([])
    expect(found.problems).not.toEqual([])
    expect(await leaks()).toBeNaN()
    expect(await lastSuccess()).toBe(0)
    const refusing: ProbeRequest = async () => ({ status: 401, text: '' })
    await expect(createProbe(refusing).run()).rejects.toThrow(/could not be made/)
    expect(await leaks()).toBeNaN()
  })

  it('keeps a leak that it has found while it cannot look', async () => {
    let isFailing = false
    const through: ProbeRequest = (method, path, options) =>
      isFailing ? Promise.reject(new Error('nothing answers')) : request(method, path, options)
    const probe = createProbe(through)
    await api.test.admin.query('alter table networks disable row level security')
    await probe.run()
    await api.test.admin.query('alter table networks enable row level security')
    const found = await leaks()
    expect(found).toBeGreaterThan(0)
    isFailing = true
    await expect(probe.run()).rejects.toThrow('nothing answers')
    expect(await leaks()).toBe(found)
  })

  it('is run by one process at a time, and by another when that one stops', async () => {
    const [first, second] = [createProbe(), createProbe()]
    expect(await first.runAsHolder()).toBe(true)
    expect(await second.runAsHolder()).toBe(false)
    expect(await first.runAsHolder()).toBe(true)
    await first.stop()
    expect(await second.runAsHolder()).toBe(true)
    await second.stop()
  })

  it('uses the same two tenants in every process, polls nothing for them and sends nothing', async () => {
    await createProbe().run()
    const { rows } = await api.test.admin.query<{ canaries: number; working: number; waiting: number }>(`
      select (select count(*)::int from canaries) as canaries,
        (select count(*)::int from monitors m join canaries c on c.id = m.tenant_id where m.configuration ->> 'paused' <> 'true') as working,
        (select count(*)::int from deliveries d join canaries c on c.id = d.tenant_id where d.finished_at is null) as waiting`)
    expect(rows).toEqual([{ canaries: 2, working: 0, waiting: 0 }])
  })

  it('keeps the slugs of canaries for the installation', async () => {
    const user = await api.createTenant('acme')
    const body = { slug: 'smt-canary-x', name: 'Not a canary' }
    const refused = await api.request('POST', '/tenants', { token: user.owner.token, body })
    expect(refused.status).toBe(422)
    expect(refused.json.errors).toMatchObject([{ pointer: '/slug' }])
  })
})
