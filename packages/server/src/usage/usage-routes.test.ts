import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestTenant, TestUser } from '../testing/api-harness.ts'
import { monitorBody, networkBody, startConfigurationApi, triggerBody } from '../testing/configuration-api.ts'
import { refreshSummaries } from './usage-summary-store.ts'

let api: TestApi
let acme: TestTenant
let globex: TestTenant
const none = '00000000-0000-0000-0000-000000000000'
const source = '018f0000-0000-7000-8000-00000000000a'

beforeAll(async () => {
  api = await startConfigurationApi()
  acme = await api.createTenant('acme')
  globex = await api.createTenant('globex')
  await create('/networks', networkBody('acme_evm'))
  await create('/triggers', triggerBody('ops'))
  for (const id of ['-danger', 'calm']) await create('/monitors', monitorBody(id))
  await store(acme, '2025-01-31T23:00Z', { monitor: '-danger', evaluations: 10, matches: 2, own: 1, storage: 500 })
  await store(acme, '2025-01-31T23:00Z', { monitor: 'calm', evaluations: 30, matches: 0, own: 3, storage: 300 })
  await store(acme, '2025-01-31T23:00Z', { own: 5 })
  await store(acme, '2025-02-01T00:00Z', { monitor: 'calm', evaluations: 7, matches: 1, own: 0, storage: 900 })
  await store(acme, '2025-02-01T00:00Z', { network: 'other', shared: 8 })
  await store(globex, '2025-02-01T00:00Z', { network: 'globex_evm', own: 99 })
})
afterAll(() => api.close())

async function create(path: string, body: unknown): Promise<void> {
  const reply = await api.request('POST', `/tenants/acme${path}`, { token: acme.owner.token, body })
  if (reply.status !== 201) throw new Error(reply.text)
}

type Stored = Partial<Record<'evaluations' | 'matches' | 'own' | 'shared' | 'storage', number>> & {
  monitor?: string
  network?: string
}
async function store(tenant: TestTenant, hour: string, stored: Stored): Promise<void> {
  await api.test.admin.query(
    `insert into usage_hours (tenant_id, hour, source_id, monitor_id, network_id, evaluations, matches, rpc_calls_own,
       rpc_calls_shared, storage_bytes)
     values ($1, $2, $3, coalesce((select id from monitors where tenant_id = $1 and monitor_id = $4), $5), $6, $7, $8, $9, $10, $11)`,
    [
      tenant.id,
      hour,
      source,
      stored.monitor ?? null,
      none,
      stored.network ?? 'acme_evm',
      stored.evaluations ?? 0,
      stored.matches ?? 0,
      stored.own ?? 0,
      stored.shared ?? 0,
      stored.storage ?? null,
    ],
  )
}

const range = 'from=2025-01-31T00:00:00Z&to=2025-02-02T00:00:00Z'
const ask = (query: string, tenant = acme, headers: Record<string, string> = {}) =>
  api.request('GET', `/tenants/${tenant.slug}/usage`, {
    token: tenant.owner.token,
    query: `${range}&${query}`,
    headers,
  })
const day = (text: string) => `2025-${text}T00:00:00.000Z`

describe('usage over a range', () => {
  it('is summed by hour, day or month of UTC; bytes are the largest sample', async () => {
    const nothing = { deliveries: 0, rpc_calls_shared: 0 }
    const first = { ...nothing, evaluations: 40, matches: 2, rpc_calls_own: 5, storage_bytes: 800 }
    const second = { ...nothing, evaluations: 7, matches: 1, rpc_calls_own: 0, rpc_calls_shared: 8, storage_bytes: 900 }
    expect((await ask('interval=hour')).json).toEqual({
      from: day('01-31'),
      to: day('02-02'),
      items: [
        { period: '2025-01-31T23:00:00.000Z', ...first },
        { period: day('02-01'), ...second },
      ],
      next_cursor: null,
    })
    expect((await ask('interval=day')).json.items).toEqual([
      { period: day('01-31'), ...first },
      { period: day('02-01'), ...second },
    ])
    expect((await ask('interval=month')).json.items.map((item: { period: string }) => item.period)).toEqual([
      day('01-01'),
      day('02-01'),
    ])
  })

  it('holds the hours that begin in it: those at its end are of the next', async () => {
    const periods = async (query: string) => {
      const { json } = await api.request('GET', '/tenants/acme/usage', { token: acme.owner.token, query })
      return json.items.length
    }
    expect(await periods('interval=hour&from=2025-01-31T23:00:00Z&to=2025-02-01T00:00:00Z')).toBe(1)
    expect(await periods('interval=hour&from=2025-01-31T23:00:01Z&to=2025-02-01T00:00:01Z')).toBe(1)
    expect(await periods('interval=hour&from=2025-02-01T00:00:00%2B01:00&to=2025-02-01T02:00:00%2B01:00')).toBe(2)
  })

  it('is grouped by monitor, with what is of no monitor, or by network; each grouping has the same sums', async () => {
    expect((await ask('group_by=monitor&metric=evaluations,rpc_calls_own')).json.items).toEqual([
      { period: day('01-31'), monitor_id: null, evaluations: 0, rpc_calls_own: 1 },
      { period: day('01-31'), monitor_id: '-danger', evaluations: 10, rpc_calls_own: 1 },
      { period: day('01-31'), monitor_id: 'calm', evaluations: 30, rpc_calls_own: 3 },
      { period: day('02-01'), monitor_id: 'calm', evaluations: 7, rpc_calls_own: 0 },
    ])
    expect((await ask('group_by=network&metric=rpc_calls_shared,rpc_calls_own')).json.items).toEqual([
      { period: day('01-31'), network_id: 'acme_evm', rpc_calls_own: 5, rpc_calls_shared: 0 },
      { period: day('02-01'), network_id: 'other', rpc_calls_own: 0, rpc_calls_shared: 8 },
    ])
  })

  it('comes in pages that miss nothing and repeat nothing', async () => {
    const whole = (await ask('group_by=monitor')).json.items
    const pages = []
    for (let cursor = ''; ;) {
      const { json } = await ask(`group_by=monitor&limit=1${cursor}`)
      pages.push(...json.items)
      if (json.next_cursor === null) break
      cursor = `&cursor=${json.next_cursor}`
    }
    expect(pages).toEqual(whole)
    expect(pages.length).toBe(5)
  })

  it('is a tenant’s own: another sees nothing of it', async () => {
    expect((await ask('metric=evaluations,matches', globex)).json.items).toEqual([])
    expect((await ask('group_by=network&metric=rpc_calls_own', globex)).json.items).toEqual([
      { period: day('02-01'), network_id: 'globex_evm', rpc_calls_own: 99 },
    ])
  })

  it('may be read by a viewer', async () => {
    const viewer = await api.addUser(acme, 'viewer')
    const { status } = await api.request('GET', '/tenants/acme/usage', { token: viewer.token })
    expect(status).toBe(200)
  })

  it.each([
    ['from=2025-02-01T00:00:00Z&to=2025-02-01T00:00:00Z', 'from'],
    ['interval=hour&from=2025-01-01T00:00:00Z&to=2025-03-01T00:00:00Z', 'from'],
    ['interval=day&from=2023-01-01T00:00:00Z&to=2025-03-01T00:00:00Z', 'from'],
    ['metric=evaluations,passwords', 'metric'],
    ['interval=week', 'interval'],
    ['group_by=tenant', 'group_by'],
  ])('is refused with the parameter for %s', async (query, parameter) => {
    const { status, json } = await api.request('GET', '/tenants/acme/usage', { token: acme.owner.token, query })
    expect([status, json.code, json.errors[0].parameter]).toEqual([400, 'invalid_request', parameter])
  })
})

describe('usage as CSV', () => {
  it('is answered to format=csv and to Accept: text/csv, with ids that no spreadsheet takes for a formula', async () => {
    const expected =
      'period,monitor_id,evaluations,rpc_calls_own\r\n' +
      '2025-01-31T00:00:00.000Z,,0,1\r\n' +
      "2025-01-31T00:00:00.000Z,'-danger,10,1\r\n" +
      '2025-01-31T00:00:00.000Z,calm,30,3\r\n' +
      '2025-02-01T00:00:00.000Z,calm,7,0\r\n'
    const query = 'group_by=monitor&metric=evaluations,rpc_calls_own'
    for (const reply of [await ask(`${query}&format=csv`), await ask(query, acme, { accept: 'text/csv;q=0.9' })]) {
      expect(reply.headers['content-type']).toBe('text/csv; charset=utf-8')
      expect(reply.text).toBe(expected)
      expect(reply.headers['link']).toBeUndefined()
    }
    expect((await ask(`${query}&format=json`, acme, { accept: 'text/csv' })).json.items).toHaveLength(4)
  })

  it('names its next page, which goes on where it ends', async () => {
    const reply = await ask('interval=hour&metric=evaluations&format=csv&limit=1')
    const next = /^<\?(.*)>; rel="next"$/.exec(String(reply.headers['link']))?.[1]
    const { text } = await api.request('GET', '/tenants/acme/usage', { token: acme.owner.token, query: next ?? '' })
    expect(text).toBe('period,evaluations\r\n2025-02-01T00:00:00.000Z,7\r\n')
  })

  it('is not what an error is written as', async () => {
    const reply = await ask('interval=week', acme, { accept: 'text/csv' })
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/)
  })
})

describe('usage of all tenants', () => {
  let operator: TestUser
  const read = (query: string, headers: Record<string, string> = {}) =>
    api.request('GET', '/operator/usage', { token: operator.token, query: `${range}&${query}`, headers })

  beforeAll(async () => {
    operator = await api.addOperator()
    await api.database.withPlatform(refreshSummaries)
  })

  const nothing = { evaluations: 0, matches: 0, deliveries: 0, rpc_calls_own: 0, rpc_calls_shared: 0, storage_bytes: 0 }
  const rows = [
    {
      ...nothing,
      period: day('01-31'),
      tenant: 'acme',
      evaluations: 40,
      matches: 2,
      rpc_calls_own: 5,
      storage_bytes: 800,
    },
    {
      ...nothing,
      period: day('02-01'),
      tenant: 'acme',
      evaluations: 7,
      matches: 1,
      rpc_calls_shared: 8,
      storage_bytes: 900,
    },
    { ...nothing, period: day('02-01'), tenant: 'globex', rpc_calls_own: 99 },
  ]

  it('is read by operators by day and month, in pages, of all or of one', async () => {
    expect((await read('')).json).toEqual({ items: rows, next_cursor: null })
    const first = (await read('limit=2')).json
    expect(first.items).toEqual(rows.slice(0, 2))
    expect((await read(`limit=2&cursor=${first.next_cursor}`)).json).toEqual({
      items: rows.slice(2),
      next_cursor: null,
    })
    expect((await read('tenant=globex')).json.items).toEqual(rows.slice(2))
    const months = await api.request('GET', '/operator/usage', {
      token: operator.token,
      query: 'interval=month&from=2025-01-01T00:00:00Z&to=2025-03-01T00:00:00Z',
    })
    expect(months.json.items).toEqual(
      rows.map((row) => ({ ...row, period: `${row.period.slice(0, 8)}01T00:00:00.000Z` })),
    )
  })

  it('is a CSV when that is asked for', async () => {
    const reply = await read('tenant=globex', { accept: 'text/csv' })
    expect(reply.text).toBe(
      'period,tenant,evaluations,matches,deliveries,rpc_calls_own,rpc_calls_shared,storage_bytes\r\n' +
        '2025-02-01T00:00:00.000Z,globex,0,0,0,99,0,0\r\n',
    )
  })

  it('is nothing that there is for anybody else, and no range that ends before it begins', async () => {
    expect((await api.request('GET', '/operator/usage', { token: acme.owner.token })).status).toBe(404)
    const query = 'from=2025-02-01T00:00:00Z&to=2025-01-01T00:00:00Z'
    const { status, json } = await api.request('GET', '/operator/usage', { token: operator.token, query })
    expect([status, json.errors[0].parameter]).toEqual([400, 'from'])
  })
})
