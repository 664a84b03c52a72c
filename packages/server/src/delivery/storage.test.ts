import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { insertItems, insertMatches, type CommittedBlock } from '../ingestion/commit-store.ts'
import { sql } from '../platform/db/tx.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { monitorBody, networkBody, setLimit, triggerBody } from '../testing/configuration-api.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { hasServer } from '../testing/harness.ts'
import { matchedTransfer, storeMatches } from '../testing/stored-alerts.ts'
import { createMaintenance, type Maintenance } from './maintenance.ts'
import { retractAlerts } from './retraction-store.ts'

let scene: DispatchScene
let acme: TestTenant
let maintenance: Maintenance
const quota = 'max_storage_mb'

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
  maintenance = createMaintenance({
    ...scene.api,
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    metrics: createMetrics(),
  })
})
afterAll(() => scene.close())
beforeEach(async () => {
  await scene.clear()
  await query('delete from chain_blocks')
  for (const table of ['storage_use', 'storage_changes'])
    await query(`delete from ${table} where part not in ('configurations', 'audit_events')`)
  await setLimit(scene.api, acme, { quota, limit: 1_000 })
})

const query = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await scene.api.test.admin.query<Row>(text, values)).rows
const call = (method: string, path: string, body?: object) =>
  scene.api.request(method, `/tenants/${acme.slug}${path}`, {
    token: acme.owner.token,
    ...(body === undefined ? {} : { body }),
  })

/** What is counted, by part. */
const countedBytes = async (): Promise<Record<string, number>> => {
  const rows = await query<{ part: string; bytes: number }>(
    `select part, sum(bytes)::int as bytes from (
       select part, bytes from storage_use where tenant_id = $1
       union all select part, bytes from storage_changes where tenant_id = $1) s
     group by part having sum(bytes) <> 0 order by part`,
    [acme.id],
  )
  return Object.fromEntries(rows.map(({ part, bytes }) => [part, bytes]))
}

/** The same as the rule of docs/operations.md has it, from the rows themselves. */
const bytesByRule = async (): Promise<Record<string, number>> => {
  const texts = (...columns: string[]) =>
    columns.map((column) => `coalesce(octet_length(${column}::text), 0)`).join(' + ')
  const rows = await query<{ part: string; bytes: number }>(
    `select part, sum(bytes)::int as bytes from (
       select 'matches' as part, 1024 + case when body_removed_at is null
         then ${texts('matched_on', 'matched_on_args', 'positions')} else 0 end as bytes from matches where tenant_id = $1
       union all select 'deliveries', 1024 from deliveries where tenant_id = $1
       union all select 'attempts', 512 from attempts where tenant_id = $1
       union all select 'audit_events', 512 + ${texts('before', 'after')} from audit_events where tenant_id = $1
       union all select 'notices', 1024 from notices where tenant_id = $1
       union all select 'transactions', 512 + ${texts('i.body')} from chain_items i
         join networks n on n.source_id = i.source_id where n.tenant_id = $1
       union all select 'transactions', 512 + ${texts('b.body')} from chain_blocks b
         join networks n on n.source_id = b.source_id where n.tenant_id = $1
       union all select 'configurations', 512 + ${texts('configuration', 'labels', 'extensions')} from networks
         where tenant_id = $1 and is_active
       union all select 'configurations', 512 + ${texts('configuration', 'labels', 'extensions')} from triggers
         where tenant_id = $1 and is_active
       union all select 'configurations', 512 + ${texts('configuration', 'labels', 'extensions')} from monitors
         where tenant_id = $1 and is_active
       union all select 'configurations', 512 + ${texts('v.configuration', 'v.labels', 'v.extensions')}
         from monitor_versions v join monitors m on m.tenant_id = v.tenant_id and m.id = v.monitor_id
         where v.tenant_id = $1 and m.is_active) s
     group by part order by part`,
    [acme.id],
  )
  return Object.fromEntries(rows.map(({ part, bytes }) => [part, bytes]))
}

const keepStorage = async () => {
  while (await maintenance.keepStorage());
}

const args = (bytes: number) => {
  const { matchedOnArgs } = matchedTransfer('')
  const [event] = matchedOnArgs.events
  const value = { name: 'memo', value: 'm'.repeat(bytes), indexed: false, kind: 'string' }
  return { ...matchedOnArgs, events: [{ ...event, args: [value] }] }
}

/** Matches with bodies of about this size each, told to their receiver. */
const storeTold = async (options: { count: number; bytes: number; block: number; createdAt?: string }) => {
  const { bytes, ...rest } = options
  await scene.storeDeliveries(acme, { ...rest, change: { matchedOnArgs: args(bytes) } })
  await scene.sendAll(scene.createDispatch())
}

const matchesByAge = () =>
  query<{ id: string; block: number; removed: boolean }>(
    `select id, block_number::int as block, body_removed_at is not null as removed from matches
     where tenant_id = $1 order by created_at, id`,
    [acme.id],
  )

describe('what a tenant stores', () => {
  it('is counted with every row, exactly as the rule says, and shown in the quota', async () => {
    expect(await countedBytes()).toEqual(await bytesByRule())
    await call('POST', '/networks', networkBody('second'))
    await call('POST', '/triggers', triggerBody('second'))
    await call('POST', '/monitors', monitorBody('second', { name: 'Währung ✓' }))
    await call('POST', '/monitors/second/pause')
    await call('PATCH', '/monitors/second', { labels: { team: 'a' } })
    expect(await countedBytes()).toEqual(await bytesByRule())
    await storeTold({ count: 3, bytes: 1_000, block: 1 })
    scene.receiver.setBehaviour(() => ({ status: 404 }))
    await storeTold({ count: 2, bytes: 10, block: 2, createdAt: `now() - interval '40 days'` })
    expect(Object.keys(await countedBytes())).toEqual(Object.keys(await bytesByRule()))
    expect(await countedBytes()).toEqual(await bytesByRule())
    await keepStorage()
    expect(await query('select from storage_changes')).toEqual([])
    expect(await countedBytes()).toEqual(await bytesByRule())
    const total = Object.values(await bytesByRule()).reduce((sum, bytes) => sum + bytes, 0)
    const shown = await call('GET', '/quota')
    expect(shown.json.items.find((item: { quota: string }) => item.quota === quota)).toMatchObject({
      quota,
      limit: 1_000,
      used: Math.ceil(total / 1_000_000),
      enforced: true,
    })
  })

  it('is given back by deletion, a monitor with all its versions', async () => {
    const before = await countedBytes()
    await call('POST', '/networks', networkBody('third'))
    await call('POST', '/triggers', triggerBody('third'))
    await call('POST', '/monitors', monitorBody('third'))
    await call('POST', '/monitors/third/pause')
    for (const path of ['/monitors/third', '/triggers/third', '/networks/third'])
      expect((await call('DELETE', path)).status).toBe(204)
    expect((await countedBytes())['configurations']).toBe(before['configurations'])
    expect(await countedBytes()).toEqual(await bytesByRule())
  })

  it('is not what a rolled back write would have stored', async () => {
    const before = await countedBytes()
    expect((await call('POST', '/monitors', monitorBody('bad', { networks: ['nowhere'] }))).status).toBe(422)
    expect(await countedBytes()).toEqual(before)
  })

  it('is given back when a month of alerts is dropped', async () => {
    await query(`select app.ensure_partitions((date_trunc('month', now()) - interval '6 months')::date, 1)`)
    const old = {
      blockTime: `date_trunc('month', now()) - interval '6 months' + interval '1 day'`,
      createdAt: `now() - interval '150 days'`,
    }
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', block: 1, ...old })
    await keepStorage()
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', block: 2, ...old })
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', block: 3 })
    expect(await countedBytes()).toEqual(await bytesByRule())
    await maintenance.run()
    expect(await matchesByAge()).toMatchObject([{ block: 3 }])
    expect(await countedBytes()).toEqual(await bytesByRule())
  })
})

describe('the quota max_storage_mb', () => {
  it('refuses configuration at 100 %, with quota, limit and used, but neither deletion nor pausing', async () => {
    await call('POST', '/triggers', triggerBody('spare'))
    await call('POST', '/monitors', monitorBody('spare'))
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', change: { matchedOnArgs: args(1_200_000) } })
    await setLimit(scene.api, acme, { quota, limit: 1 })
    expect((await call('POST', '/monitors/spare/pause')).status).toBe(200)
    const before = await countedBytes()
    for (const [method, path, body] of [
      ['POST', '/monitors', monitorBody('more')],
      ['PUT', '/monitors/transfers', monitorBody('transfers')],
      ['PATCH', '/monitors/transfers', { labels: { a: 'b' } }],
      ['POST', '/monitors/spare/resume', undefined],
      ['POST', '/networks', networkBody('more')],
      ['PATCH', '/networks/acme_evm', { labels: { a: 'b' } }],
      ['POST', '/triggers', triggerBody('more')],
      ['PATCH', '/triggers/ops', { labels: { a: 'b' } }],
    ] as const) {
      const refused = await call(method, path, body)
      expect([method, path, refused.status]).toEqual([method, path, 403])
      expect(refused.json).toMatchObject({ code: 'quota_exceeded', quota, limit: 1, used: 2 })
    }
    // Whatever is wrong with the object is said first.
    expect((await call('POST', '/monitors', monitorBody('x', { networks: ['nowhere'] }))).status).toBe(422)
    expect(await countedBytes()).toEqual(before)
    for (const path of ['/monitors/spare', '/triggers/spare']) expect((await call('DELETE', path)).status).toBe(204)
    await setLimit(scene.api, acme, { quota, limit: 2 })
    expect((await call('PATCH', '/triggers/ops', { labels: {} })).status).toBe(200)
  })

  it.skipIf(!hasServer())('admits of writes at once only as many as fit', async () => {
    const beta = await scene.createTenant('beta')
    const stored = async () =>
      Number(
        (
          await query<{ bytes: string }>('select sum(bytes) as bytes from storage_changes where tenant_id = $1', [
            beta.id,
          ])
        )[0]?.bytes,
      )
    await setLimit(scene.api, beta, { quota, limit: 1 })
    await setLimit(scene.api, beta, { quota: 'max_networks', limit: 100 })
    // Each takes about 30,000 bytes: the network and its audit event.
    const extensions = { note: 'x'.repeat(14_000) }
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        scene.api.request('POST', '/tenants/beta/networks', {
          token: beta.owner.token,
          body: { ...networkBody(`net_${n}`), extensions },
        }),
      ),
    )
    const statuses = replies.map(({ status }) => status)
    expect(statuses.filter((status) => status === 403).length).toBeGreaterThan(0)
    const total = await stored()
    expect(total).toBeLessThanOrEqual(1_000_000)
    expect(total).toBeGreaterThan(500_000)
  })

  it('lets matching and delivery go on, and makes room with the bodies of the oldest matches, visibly', async () => {
    await storeTold({ count: 2, bytes: 300_000, block: 1, createdAt: `now() - interval '3 hours'` })
    await storeTold({ count: 2, bytes: 300_000, block: 2, createdAt: `now() - interval '2 hours'` })
    await setLimit(scene.api, acme, { quota, limit: 1 })
    // Full: what is found now is stored and told all the same.
    await storeTold({ count: 1, bytes: 100_000, block: 3 })
    expect(scene.receiver.requests).toHaveLength(5)
    await keepStorage()
    const rows = await matchesByAge()
    expect(rows.map(({ block, removed }) => [block, removed])).toEqual([
      [1, true],
      [1, true],
      [2, false],
      [2, false],
      [3, false],
    ])
    expect(await countedBytes()).toEqual(await bytesByRule())
    const [removed, , kept] = rows
    const shown = await call('GET', `/matches/${removed?.id}`)
    expect(shown.json).toMatchObject({ match: null, matched_on: null, body_removed_at: expect.any(String) })
    expect(shown.json).toMatchObject({ tx_hash: expect.stringMatching(/^0x/), monitor_id: 'transfers' })
    expect((await call('GET', `/matches/${kept?.id}`)).json).toMatchObject({
      match: { EVM: { transaction: {} } },
      body_removed_at: null,
    })
    expect((await call('GET', '/matches')).json.items).toHaveLength(5)
    const deliveries = await call('GET', `/deliveries?match=${removed?.id}`)
    expect(deliveries.json.items).toMatchObject([{ state: 'delivered', attempt_count: 1 }])
    const replay = await call('POST', `/deliveries/${deliveries.json.items[0].id}/replay`)
    expect([replay.status, replay.json.code]).toEqual([409, 'conflict'])
    await scene.change(`state = 'dead'`)
    expect((await call('POST', '/deliveries/replay', { state: 'dead' })).json).toEqual({ replayed: 3 })
    expect((await call('GET', '/notices?kind=quota_reached')).json.items).toMatchObject([
      { subject: { kind: 'quota', id: quota } },
    ])
    const notices = await call('GET', '/notices?kind=match_bodies_removed')
    expect(notices.json.items).toMatchObject([{ severity: 'warning', subject: { kind: 'quota', id: quota } }])
  })

  it('never removes the body of a match that has something to send', async () => {
    await storeMatches(scene.api, {
      tenant: acme,
      monitorId: 'transfers',
      block: 1,
      change: { matchedOnArgs: args(10_000) },
    })
    await setLimit(scene.api, acme, { quota, limit: 0 })
    await keepStorage()
    expect(await matchesByAge()).toMatchObject([{ removed: false }])
    await scene.fanOut()
    await maintenance.run()
    expect(await matchesByAge()).toMatchObject([{ removed: false }])
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.sendAll(scene.createDispatch())
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'pending' }])
    await maintenance.run()
    expect(await matchesByAge()).toMatchObject([{ removed: false }])
    await scene.change(`state = 'dead', finished_at = now()`)
    await maintenance.run()
    expect(await matchesByAge()).toMatchObject([{ removed: true }])
    expect(await countedBytes()).toEqual(await bytesByRule())
  })

  it('removes the transaction of an own network with the last body that shows it', async () => {
    await call('POST', '/monitors', monitorBody('twin'))
    await storeMatches(scene.api, {
      tenant: acme,
      monitorId: 'transfers',
      block: 1,
      createdAt: `now() - interval '1 hour'`,
    })
    await storeTold({ count: 1, bytes: 10, block: 2 })
    await storeMatches(scene.api, { tenant: acme, monitorId: 'twin', block: 1 })
    await query(
      `update matches set fanout_state = 'done' where monitor_id =
      (select id from monitors where monitor_id = 'transfers' and tenant_id = $1)`,
      [acme.id],
    )
    await query(`insert into chain_blocks (source_id, block_hash, block_number, body)
      select source_id, block_hash, block_number, '{"a":1}'::json from matches on conflict do nothing`)
    await setLimit(scene.api, acme, { quota, limit: 0 })
    await keepStorage()
    const left = () => query('select block_number::int as block from chain_items order by 1')
    // Of block 1 the match of the other monitor waits, so what it shows is still there.
    expect(await left()).toEqual([{ block: 1 }])
    expect(await countedBytes()).toEqual(await bytesByRule())
    await query(`update matches set fanout_state = 'done'`)
    await maintenance.run()
    expect(await left()).toEqual([])
    expect(await query('select from chain_blocks')).toEqual([])
    expect(await countedBytes()).toEqual(await bytesByRule())
    await call('DELETE', '/monitors/twin')
  })

  it('still takes back what was told when its block leaves the chain, and tells it anew when that returns', async () => {
    await storeTold({ count: 1, bytes: 1_000, block: 9 })
    await setLimit(scene.api, acme, { quota, limit: 0 })
    await keepStorage()
    expect(await matchesByAge()).toMatchObject([{ removed: true }])
    await setLimit(scene.api, acme, { quota, limit: 1_000 })
    await scene.api.database.withPlatform(async (tx) => {
      const rows = await tx.rows(sql<{ sourceId: string; hash: string }>`
        update matches set orphaned_at = now() returning source_id as "sourceId", block_hash as hash`)
      await retractAlerts(tx, { sourceId: rows[0]?.sourceId ?? '', blockHashes: rows.map(({ hash }) => hash) })
    })
    await scene.sendAll(scene.createDispatch())
    expect(scene.receiver.requests).toHaveLength(2)
    const [match] = await query<
      Record<'sourceId' | 'monitorRowId' | 'versionId' | 'hash' | 'txHash', string> & {
        key: Buffer
        time: Date
      }
    >(`select source_id as "sourceId", monitor_id as "monitorRowId", monitor_version_id as "versionId",
      match_key as key, block_hash as hash, tx_hash as "txHash", match_at as time from matches`)
    if (match === undefined) throw new Error('the match is gone')
    const block: CommittedBlock = { number: 9n, hash: match.hash, parentHash: '0x8', time: match.time }
    const { item, matchedOn, matchedOnArgs } = matchedTransfer(match.txHash)
    await scene.api.database.withPlatform(async (tx) => {
      await insertItems(tx, match.sourceId, [{ block, txHash: match.txHash, body: item }])
      await insertMatches(tx, match.sourceId, [
        {
          ...match,
          tenantId: acme.id,
          networkId: 'acme_evm',
          severity: 'medium',
          block,
          txIndex: 0,
          matchedOn,
          matchedOnArgs,
          withReceipt: false,
          positions: null,
          family: 'EVM',
        },
      ])
    })
    await scene.fanOut()
    await scene.sendAll(scene.createDispatch())
    expect(scene.receiver.requests).toHaveLength(3)
    expect(await matchesByAge()).toMatchObject([{ removed: false }])
    expect(await countedBytes()).toEqual(await bytesByRule())
  })
})
