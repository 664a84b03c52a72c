import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../platform/db/doors.ts'
import { lintTenantWall } from '../platform/db/tenant-lint.ts'
import { sql } from '../platform/db/tx.ts'
import { AppError } from '../platform/errors.ts'
import { createLogger } from '../platform/logger.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { monitorBody } from '../testing/configuration-api.ts'
import { readStoredBytes } from '../tenants/storage-store.ts'
import { createScriptedChain, otherToken } from '../testing/scripted-chain.ts'
import { startSourceScene, type SourceScene } from '../testing/source-scene.ts'
import { createUsageCloser } from './usage-closer.ts'
import { createUsageSummaries, type SummaryRange } from './usage-summary-service.ts'
import { createUsageWriter } from './usage-writer.ts'

let scene: SourceScene
let acme: TestTenant
let globex: TestTenant

beforeAll(async () => {
  scene = await startSourceScene()
  acme = scene.acme
  globex = scene.globex
})
afterAll(() => scene.api.close())

beforeEach(async () => {
  await scene.newNetwork()
  scene.usage.take()
  for (const table of ['usage_hours', 'usage_writers', 'usage_progress', 'source_usage_hours', 'matches', 'deliveries'])
    await scene.api.test.admin.query(`delete from ${table}`)
})

type Doors = Pick<Database, 'withTenant' | 'withPlatform'>
const writerOf = (database: Doors = scene.api.database) =>
  createUsageWriter({ ...parts(), database, recorder: scene.usage })
const parts = () => ({ ...scene.api, logger: createLogger({ level: 'silent' }) })

/** Closes the hour that runs. */
async function closeHours(database: Doors = scene.api.database, until = nextHour()): Promise<void> {
  const closer = createUsageCloser({ ...parts(), database })
  await scene.api.test.admin.query('delete from usage_closer')
  await closer.run(until)
}
const nextHour = () => new Date((Math.floor(Date.now() / 3_600_000) + 1) * 3_600_000)

type Item = Record<string, number | string | null>
async function usage(tenant: TestTenant, query = ''): Promise<Item[]> {
  const reply = await scene.api.request('GET', `/tenants/${tenant.slug}/usage`, { token: tenant.owner.token, query })
  if (reply.status !== 200) throw new Error(reply.text)
  return reply.json.items
}
const total = async (tenant: TestTenant, metric: string): Promise<number> =>
  (await usage(tenant, `metric=${metric}`)).reduce((sum, item) => sum + Number(item[metric]), 0)

async function follow(head = 100) {
  const { script, chain } = createScriptedChain(head)
  const runner = await scene.lead(chain)
  await runner.poll()
  return {
    script,
    runner,
    pollTo: async (next: number) => {
      script.head = next
      await runner.poll()
    },
  }
}
const rpcCalls = (count: number, tenant?: TestTenant, place = { sourceId: scene.sourceId(), networkId: 'n' }) => {
  for (let call = 0; call < count; call += 1) scene.usage.rpcCall(tenant?.id, place)
}

describe('evaluations', () => {
  it('are counted exactly: a block for each monitor that it was evaluated for, from the block on at which it came', async () => {
    await scene.watch(acme)
    const { pollTo } = await follow()
    await pollTo(103)
    await scene.watch(globex, otherToken)
    await scene.call(acme, 'POST', '/monitors', monitorBody('second', { ...scene.transfers(otherToken) }))
    await pollTo(105)
    await scene.call(acme, 'POST', '/monitors/second/pause')
    await pollTo(106)
    await writerOf().write()
    // Blocks 98 to 104; the second from 102 to 103.
    expect(await usage(acme, 'group_by=monitor&metric=evaluations')).toEqual([
      { period: expect.any(String), monitor_id: 'second', evaluations: 2 },
      { period: expect.any(String), monitor_id: 'transfers', evaluations: 7 },
    ])
    expect(await total(globex, 'evaluations')).toBe(3)
  })

  it('stay as they are when a monitor is saved anew, and count on with its new version', async () => {
    await scene.watch(acme)
    const { pollTo } = await follow()
    await scene.watchInstead(acme, otherToken)
    await pollTo(102)
    await writerOf().write()
    expect(await total(acme, 'evaluations')).toBe(3)
  })

  it('are work that was done: a block that is rolled back stays counted, and its successor counts as well', async () => {
    await scene.watch(acme)
    const { script, pollTo } = await follow()
    await pollTo(103)
    script.forks.set(100, 'another branch')
    await pollTo(104)
    await writerOf().write()
    // 98 to 101, then 100 to 102 of the other branch.
    expect(await total(acme, 'evaluations')).toBe(7)
    expect(await total(acme, 'matches')).toBe(7)
  })
})

describe('counts that are stored', () => {
  it('are added to those that another process, or this one before a restart, has stored', async () => {
    rpcCalls(3, acme)
    await writerOf().write()
    rpcCalls(4, acme)
    await writerOf().write()
    expect(await total(acme, 'rpc_calls_own')).toBe(7)
  })

  it('count once when the database took them and could not say so', async () => {
    let isLost = true
    const writer = writerOf({
      ...scene.api.database,
      withTenant: async (tenantId, options, fn) => {
        const answer = await scene.api.database.withTenant(tenantId, options, fn)
        if (isLost) throw new AppError('database_unavailable', 'The connection was lost.')
        return answer
      },
    })
    rpcCalls(3, acme)
    await writer.write()
    rpcCalls(4, acme)
    await writer.write()
    expect(await total(acme, 'rpc_calls_own')).toBe(3)
    isLost = false
    await writer.write()
    expect(await total(acme, 'rpc_calls_own')).toBe(7)
  })

  it('wait for the next time when one tenant’s cannot be stored, and hold up nobody else’s', async () => {
    let isBusy = true
    const writer = writerOf({
      ...scene.api.database,
      withTenant: (tenantId, options, fn) =>
        isBusy && tenantId === acme.id
          ? Promise.reject(new AppError('busy', 'No slot.'))
          : scene.api.database.withTenant(tenantId, options, fn),
    })
    rpcCalls(3, acme)
    rpcCalls(2, globex)
    await writer.write()
    expect([await total(acme, 'rpc_calls_own'), await total(globex, 'rpc_calls_own')]).toEqual([0, 2])
    isBusy = false
    await writer.write()
    expect([await total(acme, 'rpc_calls_own'), await total(globex, 'rpc_calls_own')]).toEqual([3, 2])
  })

  it('of what a source was evaluated for until it was led no more are stored at the stop', async () => {
    const meter = scene.usage.meter(scene.sourceId())
    await scene.watch(acme)
    const { rows } = await scene.api.test.admin.query<{ id: string }>('select id from monitors where is_active')
    meter.joined({ tenantId: acme.id, id: rows[0]!.id, networkId: 'n' })
    meter.evaluated(5)
    meter.close()
    meter.evaluated(1)
    const writer = writerOf()
    await writer.stop()
    expect(await total(acme, 'evaluations')).toBe(5)
  })
})

describe('hours that are closed', () => {
  it('divide the requests of a shared network by evaluations, to the tenants and to their monitors, exactly', async () => {
    await scene.watch(acme)
    await scene.watch(globex, otherToken)
    await scene.call(acme, 'POST', '/monitors', monitorBody('second', { ...scene.transfers(otherToken) }))
    const { pollTo } = await follow()
    await pollTo(102)
    rpcCalls(100)
    await writerOf().write()
    expect(await total(acme, 'rpc_calls_shared')).toBe(0)
    await closeHours()
    await closeHours()
    expect([await total(acme, 'rpc_calls_shared'), await total(globex, 'rpc_calls_shared')]).toEqual([67, 33])
    expect(await usage(acme, 'group_by=monitor&metric=rpc_calls_shared')).toEqual([
      { period: expect.any(String), monitor_id: 'second', rpc_calls_shared: expect.any(Number) },
      { period: expect.any(String), monitor_id: 'transfers', rpc_calls_shared: expect.any(Number) },
    ])
    const shares = await usage(acme, 'group_by=monitor&metric=rpc_calls_shared')
    expect(shares.map((item) => Number(item['rpc_calls_shared'])).toSorted((a, b) => a - b)).toEqual([33, 34])
    const { rows } = await scene.api.test.admin.query(
      'select rpc_calls::int, divided_calls::int from source_usage_hours',
    )
    expect(rows).toEqual([{ rpc_calls: 100, divided_calls: 100 }])
  })

  it('are divided again, to the same sums, when a tenant’s share could not be stored', async () => {
    await scene.watch(acme)
    await scene.watch(globex, otherToken)
    await follow()
    rpcCalls(9)
    await writerOf().write()
    await closeHours({
      ...scene.api.database,
      withTenant: (tenantId, options, fn) =>
        tenantId === globex.id
          ? Promise.reject(new AppError('busy', 'No slot.'))
          : scene.api.database.withTenant(tenantId, options, fn),
    })
    const isDivided = async () =>
      (await scene.api.test.admin.query('select from source_usage_hours where divided_calls is not null')).rows.length
    expect(await isDivided()).toBe(0)
    await closeHours()
    expect(await isDivided()).toBe(1)
    const shares = [await total(acme, 'rpc_calls_shared'), await total(globex, 'rpc_calls_shared')]
    expect(shares.toSorted((a, b) => a - b)).toEqual([4, 5])
  })

  it('divide by watching monitors when nothing could be evaluated, and leave what nobody watched undivided', async () => {
    await scene.watch(acme)
    await follow()
    scene.usage.take()
    rpcCalls(5)
    rpcCalls(4, undefined, { sourceId: await unwatchedSource(), networkId: 'nobodys' })
    await writerOf().write()
    await closeHours()
    expect(await usage(acme, 'group_by=monitor&metric=rpc_calls_shared')).toEqual([
      { period: expect.any(String), monitor_id: null, rpc_calls_shared: 5 },
    ])
    const { rows } = await scene.api.test.admin.query(
      'select rpc_calls::int, divided_calls::int from source_usage_hours order by 1',
    )
    expect(rows).toEqual([
      { rpc_calls: 4, divided_calls: 0 },
      { rpc_calls: 5, divided_calls: 5 },
    ])
  })

  it('divide a tenant’s own requests among its monitors and leave the total as it is', async () => {
    await scene.watch(acme)
    await follow()
    rpcCalls(11, acme)
    await writerOf().write()
    expect(await usage(acme, 'group_by=monitor&metric=rpc_calls_own')).toMatchObject([
      { monitor_id: null, rpc_calls_own: 11 },
    ])
    await closeHours()
    expect(await usage(acme, 'group_by=monitor&metric=rpc_calls_own')).toMatchObject([
      { monitor_id: 'transfers', rpc_calls_own: 11 },
    ])
    expect(await total(acme, 'rpc_calls_own')).toBe(11)
  })

  it('have as many matches as were counted while they were open, and go on being counted afterwards', async () => {
    await scene.watch(acme)
    const { pollTo } = await follow()
    await pollTo(104)
    const open = await total(acme, 'matches')
    expect(open).toBe(5)
    await closeHours()
    await scene.api.test.admin.query('delete from matches')
    expect(await total(acme, 'matches')).toBe(open)
    expect(await total(globex, 'matches')).toBe(0)
    await pollTo(105)
    await scene.api.test.admin.query(`update usage_progress set closed_until = now() - interval '1 second'`)
    expect(await total(acme, 'matches')).toBe(open + 1)
  })

  it('sample the bytes of each monitor and of the rest: together what counts towards the quota', async () => {
    await scene.watch(acme)
    await follow()
    await closeHours()
    const stored = await scene.api.database.withTenant(acme.id, {}, (tx) => readStoredBytes(tx, acme.id))
    const [rest, own] = await usage(acme, 'group_by=monitor&metric=storage_bytes')
    expect([rest, own]).toMatchObject([{ monitor_id: null }, { monitor_id: 'transfers' }])
    expect(own?.['storage_bytes']).toBeGreaterThan(1_024)
    expect(Number(rest?.['storage_bytes']) + Number(own?.['storage_bytes'])).toBe(Number(stored))
    expect(await total(acme, 'storage_bytes')).toBe(Number(stored))
  })

  it('are closed by one process at a time', async () => {
    rpcCalls(5, acme)
    await writerOf().write()
    await closeHours()
    await scene.api.test.admin.query('delete from usage_progress')
    await createUsageCloser(parts()).run(nextHour())
    const { rows } = await scene.api.test.admin.query('select from usage_progress')
    expect(rows).toEqual([])
  })

  it('leave after 400 days', async () => {
    rpcCalls(5, acme)
    await writerOf().write()
    await closeHours()
    await scene.api.test.admin.query(
      `insert into usage_hours (tenant_id, hour, source_id, monitor_id, network_id)
       select tenant_id, hour - make_interval(days => d), source_id, monitor_id, network_id
       from usage_hours, unnest(array[399, 401]) as d`,
    )
    await closeHours()
    const { rows } = await scene.api.test.admin.query<{ days: number }>(
      'select distinct round(extract(epoch from now() - hour) / 86400)::int as days from usage_hours order by 1',
    )
    expect(rows.map(({ days }) => days)).toEqual([0, 399])
  })
})

async function unwatchedSource(): Promise<string> {
  const { rows } = await scene.api.test.admin.query<{ id: string }>(
    `insert into chain_sources (id, kind, lease_key) values (gen_random_uuid(), 'shared', gen_random_uuid()::text) returning id`,
  )
  return rows[0]!.id
}

describe('the summaries of operators', () => {
  const list = async (range: Partial<SummaryRange> = {}) => {
    const whole = { interval: 'day', from: undefined, to: undefined, slug: undefined, ...range } as const
    return (await createUsageSummaries(parts()).list(whole, { after: undefined, limit: 100 })).rows
  }

  it('sum each tenant by day and month, are those of its own hours, and are refreshed when an hour is closed', async () => {
    await scene.watch(acme)
    await follow()
    rpcCalls(11, acme)
    rpcCalls(3, globex)
    rpcCalls(7)
    await writerOf().write()
    await closeHours()
    for (const interval of ['day', 'month'] as const) {
      const rows = await list({ interval })
      expect(rows).toMatchObject([
        { slug: 'acme', evaluations: 1, matches: 1, rpc_calls_own: 11, rpc_calls_shared: 7 },
        { slug: 'globex', evaluations: 0, matches: 0, rpc_calls_own: 3, rpc_calls_shared: 0 },
      ])
      const [own] = await usage(acme, `interval=${interval}`)
      const { slug: _, period, ...amounts } = rows[0]!
      expect({ ...amounts, period: period.toISOString() }).toEqual(own)
      expect(rows[0]?.storage_bytes).toBeGreaterThan(0)
    }
    expect(await list({ slug: 'globex' })).toHaveLength(1)
    expect(await list({ to: new Date(0), from: new Date(-1) })).toEqual([])
  })

  it('may be read and refreshed by the platform alone', async () => {
    const { database } = scene.api
    for (const statement of [
      sql`select * from app.usage_daily`,
      sql`select * from app.usage_monthly`,
      sql`select app.refresh_usage_summaries()`,
    ]) {
      const denied = { code: '42501' }
      await expect(database.withTenant(acme.id, {}, (tx) => tx.rows(statement))).rejects.toMatchObject(denied)
      await expect(database.withIdentity((tx) => tx.rows(statement))).rejects.toMatchObject(denied)
    }
    expect(await lintTenantWall(scene.api.test.admin as never)).toEqual([])
  })
})

describe('the hours of a tenant that was deleted', () => {
  it('are closed until two days later, and no longer', async () => {
    const gone = await scene.api.createTenant('gone')
    rpcCalls(5, gone)
    await writerOf().write()
    const closedUntil = async (): Promise<Date> =>
      (
        await scene.api.test.admin.query<{ until: Date }>(
          'select closed_until as until from usage_progress where tenant_id = $1',
          [gone.id],
        )
      ).rows[0]!.until
    await scene.api.test.admin.query('update tenants set is_active = false where id = $1', [gone.id])
    await closeHours()
    expect(await closedUntil()).toEqual(nextHour())
    const later = new Date(nextHour().getTime() + 72 * 3_600_000)
    await closeHours(undefined, later)
    expect(await closedUntil()).toEqual(later)
    await closeHours(undefined, new Date(later.getTime() + 3_600_000))
    expect(await closedUntil()).toEqual(later)
  })
})
