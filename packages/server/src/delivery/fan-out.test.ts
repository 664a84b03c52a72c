import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestApi, TestTenant } from '../testing/api-harness.ts'
import { createWatchingTenant, monitorBody, startConfigurationApi, triggerBody } from '../testing/configuration-api.ts'
import { hasServer } from '../testing/harness.ts'
import { storeMatches } from '../testing/stored-alerts.ts'
import { batchSizeMax, createFanOut, type FanOut } from './fan-out.ts'

let api: TestApi
let tenant: TestTenant
let others: TestTenant[]
let fanOut: FanOut

beforeAll(async () => {
  api = await startConfigurationApi()
  fanOut = createFanOut(api)
  tenant = await createWatchingTenant(api, 'acme')
  for (const trigger of ['second', 'gone']) await post('/triggers', triggerBody(trigger))
  await post('/monitors', monitorBody('single'))
  await post('/monitors', monitorBody('double', { triggers: ['ops', 'second'] }))
  others = []
  for (const slug of ['initech', 'umbrella']) {
    const other = await createWatchingTenant(api, slug)
    await post('/monitors', monitorBody('single'), other)
    others.push(other)
  }
})
afterAll(() => api.close())
beforeEach(async () => {
  for (const table of ['attempts', 'deliveries', 'matches', 'chain_items'])
    await api.test.admin.query(`delete from ${table}`)
})

async function post(path: string, body: object, of = tenant): Promise<void> {
  const reply = await api.request('POST', `/tenants/${of.slug}${path}`, { token: of.owner.token, body })
  if (reply.status !== 201) throw new Error(reply.text)
}

type Row = {
  match_id: string
  trigger_id: string
  monitor_id: string
  kind: string
  match_count: number
  state: string
  incarnation: number
}

async function deliveries(): Promise<Row[]> {
  const { rows } = await api.test.admin.query<Row>(
    `select d.match_id, t.trigger_id, o.monitor_id, d.kind, d.match_count, d.state, d.incarnation
     from deliveries d
     join triggers t on t.tenant_id = d.tenant_id and t.id = d.trigger_id
     join monitors o on o.tenant_id = d.tenant_id and o.id = d.monitor_id
     order by d.match_id, t.trigger_id, d.incarnation`,
  )
  return rows
}

async function pending(): Promise<number> {
  const { rows } = await api.test.admin.query<{ n: number }>(
    `select count(*)::int as n from matches where fanout_state = 'pending'`,
  )
  return rows[0]?.n ?? Number.NaN
}

async function runAll(): Promise<number> {
  for (let total = 0; ;) {
    const { matches, deliveries: made } = await fanOut.runBatch()
    total += made
    if (matches === 0) return total
  }
}

async function pendingOf(...tenants: TestTenant[]): Promise<number> {
  const { rows } = await api.test.admin.query<{ n: number }>(
    `select count(*)::int as n from matches where fanout_state = 'pending' and tenant_id = any ($1)`,
    [tenants.map(({ id }) => id)],
  )
  return rows[0]?.n ?? Number.NaN
}

const refan = () => api.test.admin.query(`update matches set fanout_state = 'pending'`)

describe('fan-out', () => {
  it('turns a pending match into exactly one delivery for each trigger of its monitor', async () => {
    const [match] = await storeMatches(api, { tenant, monitorId: 'double' })
    expect(await fanOut.runBatch()).toEqual({ matches: 1, deliveries: 2 })
    const alert = {
      match_id: match?.id,
      monitor_id: 'double',
      kind: 'alert',
      match_count: 1,
      state: 'pending',
      incarnation: 1,
    }
    expect(await deliveries()).toEqual([
      { ...alert, trigger_id: 'ops' },
      { ...alert, trigger_id: 'second' },
    ])
    expect(await pending()).toBe(0)
  })

  it('makes nothing twice when it is repeated, as after a crash', async () => {
    await storeMatches(api, { tenant, monitorId: 'double', count: 3 })
    expect(await runAll()).toBe(6)
    await refan()
    expect(await runAll()).toBe(0)
    expect(await deliveries()).toHaveLength(6)
  })

  it('leaves everything as it was when its transaction fails', async () => {
    await storeMatches(api, { tenant, monitorId: 'single', count: 2 })
    const failing = createFanOut({
      ...api,
      database: {
        withPlatform: (fn) =>
          api.database.withPlatform(async (tx) => {
            await fn(tx)
            throw new Error('killed before the commit')
          }),
      },
    })
    await expect(failing.runBatch()).rejects.toThrow('killed before the commit')
    expect([await pending(), (await deliveries()).length]).toEqual([2, 0])
    expect(await runAll()).toBe(2)
  })

  it('makes one delivery of a trigger that the monitor names twice', async () => {
    await storeMatches(api, { tenant, monitorId: 'single' })
    await api.test.admin.query(
      `update monitor_versions set configuration = jsonb_set(configuration, '{triggers}', '["ops", "ops"]')
       where id in (select version_id from monitors where monitor_id = 'single')`,
    )
    expect(await runAll()).toBe(1)
  })

  it('tells a deleted trigger nothing and the others all the same', async () => {
    await post('/monitors', monitorBody('triple', { triggers: ['gone', 'ops'] }))
    await storeMatches(api, { tenant, monitorId: 'triple' })
    await api.test.admin.query(`update triggers set is_active = false where trigger_id = 'gone'`)
    expect(await runAll()).toBe(1)
    expect((await deliveries()).map((row) => row.trigger_id)).toEqual(['ops'])
  })

  it('uses the triggers of the version that matched, not of a later one', async () => {
    await post('/monitors', monitorBody('edited'))
    await storeMatches(api, { tenant, monitorId: 'edited', block: 1 })
    const body = { configuration: { triggers: ['second'] } }
    const reply = await api.request('PATCH', '/tenants/acme/monitors/edited', { token: tenant.owner.token, body })
    expect(reply.status).toBe(200)
    await storeMatches(api, { tenant, monitorId: 'edited', block: 2 })
    await runAll()
    expect((await deliveries()).map((row) => row.trigger_id)).toEqual(['ops', 'second'])
  })

  it('never gives one tenant’s match to the trigger of another with the same id', async () => {
    const other = await createWatchingTenant(api, 'globex')
    const body = monitorBody('single')
    await api.request('POST', '/tenants/globex/monitors', { token: other.owner.token, body })
    await storeMatches(api, { tenant, monitorId: 'single' })
    await storeMatches(api, { tenant: other, monitorId: 'single' })
    expect(await runAll()).toBe(2)
    const { rows } = await api.test.admin.query<{ is_own: boolean }>(
      `select d.tenant_id = t.tenant_id and d.tenant_id = m.tenant_id as is_own
       from deliveries d join triggers t on t.id = d.trigger_id join matches m on m.id = d.match_id`,
    )
    expect(rows).toEqual([{ is_own: true }, { is_own: true }])
  })

  it('makes nothing of a match whose block has left the chain', async () => {
    await storeMatches(api, { tenant, monitorId: 'single', isOrphaned: true })
    expect(await fanOut.runBatch()).toEqual({ matches: 1, deliveries: 0 })
    expect(await pending()).toBe(0)
  })

  it('tells a match that came back after a reorganisation anew', async () => {
    const [match] = await storeMatches(api, { tenant, monitorId: 'single' })
    await runAll()
    await api.test.admin.query(`update matches set incarnation = 2, fanout_state = 'pending' where id = $1`, [
      match?.id,
    ])
    expect(await runAll()).toBe(1)
    expect((await deliveries()).map((row) => row.incarnation)).toEqual([1, 2])
  })

  it('works through more than one batch', async () => {
    await storeMatches(api, { tenant, monitorId: 'single', count: batchSizeMax + 1 })
    expect(await fanOut.runBatch()).toEqual({ matches: batchSizeMax, deliveries: batchSizeMax })
    expect(await fanOut.runBatch()).toEqual({ matches: 1, deliveries: 1 })
  })

  it('tells 1,000 matches of a monitor in a block one by one', async () => {
    await storeMatches(api, { tenant, monitorId: 'single', count: 1_000 })
    expect(await runAll()).toBe(1_000)
    expect(new Set((await deliveries()).map((row) => `${row.kind} ${row.match_count}`))).toEqual(new Set(['alert 1']))
  })

  it('makes of more than 1,000 one digest per trigger, and keeps every match', async () => {
    const matches = await storeMatches(api, { tenant, monitorId: 'double', count: 1_001 })
    const few = await storeMatches(api, { tenant, monitorId: 'single', count: 1 })
    expect(await runAll()).toBe(3)
    const all = await deliveries()
    const digest = { match_id: matches[0]?.id, monitor_id: 'double', kind: 'digest', match_count: 1_001 }
    expect(all.filter((row) => row.kind === 'digest')).toMatchObject([
      { ...digest, trigger_id: 'ops' },
      { ...digest, trigger_id: 'second' },
    ])
    expect(all.filter((row) => row.kind === 'alert').map((row) => row.match_id)).toEqual([few[0]?.id])
    await refan()
    expect(await runAll()).toBe(0)
    const { rows } = await api.test.admin.query<{ n: number }>('select count(*)::int as n from matches')
    expect(rows).toEqual([{ n: 1_002 }])
  })

  it('counts blocks apart: 600 in one and 600 in the next are told one by one', async () => {
    await storeMatches(api, { tenant, monitorId: 'single', count: 600, block: 1 })
    await storeMatches(api, { tenant, monitorId: 'single', count: 600, block: 2 })
    expect(await runAll()).toBe(1_200)
  })

  it('gives every tenant its part of each batch: nobody waits behind the thousands of somebody else', async () => {
    const [initech, umbrella] = others
    await storeMatches(api, { tenant, monitorId: 'single', count: 900 })
    for (const other of [initech, umbrella])
      await storeMatches(api, { tenant: other!, monitorId: 'single', count: 3, block: 2 })
    await fanOut.runBatch()
    expect(await pendingOf(initech!, umbrella!)).toBe(0)
    expect(await pending()).toBe(900 - Math.ceil(batchSizeMax / 3))
  })

  it('goes around the ring of tenants, as many in a batch as may share it', async () => {
    const few = createFanOut(api, { tenantsMax: 2 })
    for (const each of [tenant, ...others]) await storeMatches(api, { tenant: each, monitorId: 'single', count: 600 })
    const batches = []
    for (let turn = 0; turn < 8; turn += 1) batches.push((await few.runBatch()).matches)
    // Two tenants, then the third, over and over; each has its part of the room that its batch has.
    expect(batches).toEqual([500, 500, 500, 100, 200, 0, 0, 0])
    expect([await pending(), (await deliveries()).length]).toEqual([0, 1_800])
  })

  it.skipIf(!hasServer())('is shared by two processes without a delivery too many or too few', async () => {
    await storeMatches(api, { tenant, monitorId: 'double', count: 900 })
    const other = createFanOut(api)
    const made = await Promise.all(Array.from({ length: 6 }, (_, turn) => (turn % 2 === 0 ? fanOut : other).runBatch()))
    await runAll()
    expect(made.reduce((sum, batch) => sum + batch.deliveries, 0)).toBeLessThanOrEqual(1_800)
    expect([await pending(), (await deliveries()).length]).toEqual([0, 1_800])
  })

  it.skipIf(!hasServer())('makes one digest also when two processes share a block', async () => {
    await storeMatches(api, { tenant, monitorId: 'single', count: 1_200 })
    const other = createFanOut(api)
    await Promise.all([fanOut.runBatch(), other.runBatch(), fanOut.runBatch(), other.runBatch()])
    await runAll()
    expect(await deliveries()).toMatchObject([{ kind: 'digest', match_count: 1_200 }])
  })
})
