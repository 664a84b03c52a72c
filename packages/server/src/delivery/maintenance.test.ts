import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { sql } from '../platform/db/tx.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { hasServer } from '../testing/harness.ts'
import { storeMatches } from '../testing/stored-alerts.ts'
import { createMaintenance, type Maintenance } from './maintenance.ts'
import { tryLockMaintenance } from './maintenance-store.ts'

let scene: DispatchScene
let acme: TestTenant
let maintenance: Maintenance
const metrics = createMetrics()
/** Outside of the transaction that calls it: a door inside a door is refused. */
const asAnotherProcess = AsyncLocalStorage.snapshot()

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
  maintenance = createMaintenance({
    ...scene.api,
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    metrics,
  })
})
afterAll(() => scene.close())

const query = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await scene.api.test.admin.query<Row>(text, values)).rows

async function partitions(): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
     where p.relkind = 'p' order by 1`,
  )
  return rows.map(({ name }) => name)
}

async function monthNames(from: number, to: number): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select to_char(date_trunc('month', now()) + make_interval(months => m), 'YYYY_MM') as name from generate_series($1::int, $2::int) m`,
    [from, to],
  )
  return rows.map(({ name }) => name)
}

const parents = ['matches', 'deliveries', 'attempts', 'audit_events']
const ensure = (months: number) =>
  query(`select app.ensure_partitions((date_trunc('month', now()) - make_interval(months => $1))::date, 1)`, [months])
const count = async (table: string): Promise<number> =>
  (await query<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n ?? Number.NaN
const countAll = () => Promise.all(['matches', 'deliveries', 'attempts', 'chain_items'].map(count))

describe('maintenance', () => {
  it('keeps partitions ready from last month to two months ahead, and makes none twice', async () => {
    for (const parent of ['matches', 'attempts'])
      for (const month of await monthNames(1, 2)) await query(`drop table ${parent}_${month}`)
    await maintenance.run()
    await maintenance.run()
    const all = await partitions()
    for (const parent of parents) {
      for (const month of await monthNames(-1, 2)) expect(all).toContain(`${parent}_${month}`)
    }
  })

  it('puts every partition behind the wall: forced, with both policies, and nothing granted on it', async () => {
    await maintenance.run()
    const rows = await query<{ name: string; is_forced: boolean; policies: string[]; rights: number }>(
      `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as is_forced,
         (select array_agg(p.polname::text order by p.polname) from pg_policy p where p.polrelid = c.oid) as policies,
         (select count(*)::int from information_schema.role_table_grants g
           where g.table_name = c.relname and g.grantee in ('smt_app', 'smt_platform', 'PUBLIC')) as rights
       from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent where p.relkind = 'p'`,
    )
    expect(rows.length).toBeGreaterThanOrEqual(4 * 5)
    for (const { name, ...wall } of rows) {
      expect({ name, ...wall }).toEqual({ name, is_forced: true, policies: ['tenant_rows', 'tenant_wall'], rights: 0 })
    }
    const [month] = await monthNames(0, 0)
    for (const door of ['withPlatform', 'withIdentity'] as const) {
      const direct = scene.api.database[door]((tx) => tx.rows(sql`select * from ${sql.raw(`matches_${month}`)}`))
      await expect(direct).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('drops alerts after 90 days, whole months at once, and the audit log after 400', async () => {
    await ensure(5)
    await ensure(14)
    const [five, fourteen] = [...(await monthNames(-5, -5)), ...(await monthNames(-14, -14))] as [string, string]
    const old = {
      blockTime: `date_trunc('month', now()) - interval '5 months' + interval '1 day'`,
      createdAt: `now() - interval '120 days'`,
    }
    await scene.storeDeliveries(acme, { block: 1, ...old })
    await scene.storeDeliveries(acme, { block: 2 })
    await scene.sendAll(scene.createDispatch())
    await query(`update deliveries set created_at = match_at where match_at < now() - interval '100 days'`)
    await query(`update chain_items set created_at = block_time where block_number = 1`)
    await maintenance.run()
    const all = await partitions()
    for (const parent of ['matches', 'deliveries', 'attempts']) expect(all).not.toContain(`${parent}_${five}`)
    expect(all).toContain(`audit_events_${five}`)
    expect(all).not.toContain(`audit_events_${fourteen}`)
    expect((await countAll()).filter((_, index) => index !== 2)).toEqual([1, 1, 1])
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered' }])
  })

  it('keeps an old month with rows that were stored lately, as of a chain whose clock is behind', async () => {
    await ensure(6)
    await scene.clear()
    await scene.storeDeliveries(acme, {
      blockTime: `date_trunc('month', now()) - interval '6 months' + interval '1 day'`,
    })
    await maintenance.run()
    expect((await countAll()).filter((_, index) => index !== 2)).toEqual([1, 1, 1])
    await scene.sendAll(scene.createDispatch())
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered' }])
  })

  it('keeps a transaction as long as any match refers to it', async () => {
    await scene.clear()
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', count: 3 })
    await query(`update chain_items set created_at = now() - interval '91 days'`)
    await query(`delete from matches where tx_index > 0`)
    await maintenance.run()
    expect(await count('chain_items')).toBe(1)
  })

  it('keeps what is shown of a block as long as any match in it is there', async () => {
    await scene.clear()
    await query('delete from chain_blocks')
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', block: 7, count: 2 })
    await query(
      `insert into chain_blocks (source_id, block_hash, block_number, body, created_at)
       select source_id, block_hash, block_number, '{}', now() - interval '91 days' from matches limit 1`,
    )
    await query(`delete from matches where tx_index > 0`)
    await maintenance.run()
    expect(await count('chain_blocks')).toBe(1)
    await query(`delete from deliveries`)
    await query(`delete from matches`)
    await maintenance.run()
    expect(await count('chain_blocks')).toBe(0)
  })

  it('drops the metadata of ledgers once nobody can be waiting for it, whatever else a node wrote there', async () => {
    await scene.clear()
    await query('delete from chain_blocks')
    const body = { hash: 'ab', headerJson: { memo: '\u0000' }, metadataXdr: 'AAAA', metadataJSON: { v: 1 } }
    await query(
      `insert into chain_blocks (source_id, block_hash, block_number, body, created_at)
       select (select id from chain_sources limit 1), n::text, n, $1::json, now() - make_interval(hours => 47 + 2 * (n % 2))
       from generate_series(1, 43) n`,
      [JSON.stringify(body)],
    )
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', count: 1 })
    await maintenance.run()
    const rows = await query<{ body: string; count: number }>(
      'select body::text as body, count(*)::int as count from chain_blocks group by 1 order by 2',
    )
    expect(rows).toEqual([
      { body: JSON.stringify(body), count: 21 },
      { body: '{"hash":"ab","headerJson":{"memo":"\\u0000"},"metadataXdr":""}', count: 22 },
    ])
  })

  it('deletes more than fit one transaction', async () => {
    await scene.clear()
    await query(
      `insert into chain_items (source_id, block_hash, tx_hash, block_number, block_time, body, created_at)
       select (select id from chain_sources limit 1), '0x1', n::text, 1, now(), '{}', now() - interval '91 days' from generate_series(1, 2500) n`,
    )
    await maintenance.run()
    expect(await count('chain_items')).toBe(0)
  })

  it('deletes the answers of idempotent requests after a day', async () => {
    await query(
      `insert into idempotency_keys (tenant_id, key, fingerprint, created_at)
       select $1, n::text, '', now() - make_interval(hours => n) from unnest(array[1, 23, 25, 2000]) n`,
      [acme.id],
    )
    await maintenance.run()
    expect(await query('select key from idempotency_keys order by key')).toEqual([{ key: '1' }, { key: '23' }])
  })

  it('deletes what became of sent notices after 90 days, and records of rollbacks after 400', async () => {
    await scene.clear()
    const fill = async (): Promise<void> => {
      await query(
        `with raised as (
          insert into notices (tenant_id, kind, severity, subject_kind, subject_id, message, data)
          select $1, 'network_failing', 'warning', 'network', n::text, '', '{}' from generate_series(1, 4) n
          returning id, subject_id)
        insert into notice_deliveries (tenant_id, notice_id, trigger_id, state)
        select $1, id, (select id from triggers where tenant_id = $1),
          (array['delivered', 'delivered', 'dead', 'pending'])[subject_id::int] from raised`,
        [acme.id],
      )
      // The table notes the time of each change by itself.
      await query('alter table notice_deliveries disable trigger touch')
      await query(`update notice_deliveries d set updated_at = now() - make_interval(days => case n.subject_id when '1' then 89 else 91 end)
        from notices n where n.id = d.notice_id`)
      await query('alter table notice_deliveries enable trigger touch')
      await query(`insert into source_rollbacks (source_id, from_number, from_hash, to_number, to_hash, orphaned_matches, created_at)
        select (select id from chain_sources limit 1), days, '', 1, '', 0, now() - make_interval(days => days)
        from unnest(array[91, 399, 401]) days`)
    }
    await fill()
    await maintenance.run()
    expect(
      await query('select n.subject_id from notice_deliveries d join notices n on n.id = d.notice_id order by 1'),
    ).toEqual([{ subject_id: '1' }, { subject_id: '4' }])
    expect(await count('notices')).toBe(4)
    expect(await query('select from_number::int as days from source_rollbacks order by 1')).toEqual([
      { days: 91 },
      { days: 399 },
    ])
  })

  it('measures the age of the oldest unfinished work: a match without deliveries, or a delivery', async () => {
    const measured = async () => {
      await maintenance.measure()
      return (await metrics.oldestPendingDelivery.get()).values[0]?.value ?? Number.NaN
    }
    await scene.clear()
    expect(await measured()).toBe(0)
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', createdAt: `now() - interval '100 seconds'` })
    expect(Math.round((await measured()) / 10)).toBe(10)
    await scene.storeDeliveries(acme, { block: 2 })
    await scene.change(`give_up_at = now() + interval '24 hours' - interval '200 seconds'`)
    expect(Math.round((await measured()) / 10)).toBe(20)
    await scene.sendAll(scene.createDispatch())
    expect(await measured()).toBe(0)
  })

  it.skipIf(!hasServer())('is done by one process at a time, the others pass', async () => {
    await query(
      `insert into idempotency_keys (tenant_id, key, fingerprint, created_at) values ($1, 'held', '', now() - interval '2 days')`,
      [acme.id],
    )
    const held = () => query(`select key from idempotency_keys where key = 'held'`)
    await scene.api.database.withPlatform(async (tx) => {
      expect(await tryLockMaintenance(tx)).toBe(true)
      await asAnotherProcess(() => maintenance.run())
      expect(await held()).toHaveLength(1)
    })
    await maintenance.run()
    expect(await held()).toEqual([])
  })
})
