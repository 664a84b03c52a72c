import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql, type RawBuilder, type TenantTx } from '../../src/platform/db/tx.ts'
import { openTestDatabase, type TestDatabase } from '../../src/testing/harness.ts'
import { placeOf, storeCalls } from './store-calls.ts'
import { seedEveryTenantTable } from './wall-probe.ts'

const self = placeOf('018f0000-0000-7000-8000-00000000000a', 'a')

describe('what one tenant could learn from what it may not do', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await openTestDatabase()
    await seedEveryTenantTable(test.admin, self.tenant, self.mark)
  })
  afterAll(() => test.close())

  const tenantTable = (oid: string) =>
    `exists (select from pg_attribute a where a.attrelid = ${oid} and a.attname = 'tenant_id' and not a.attisdropped)`

  it('every foreign key between tenant tables begins with tenant_id on both sides', async () => {
    const { rows } = await test.admin.query<{ name: string; own: string; other: string }>(
      `select k.conrelid::regclass || '.' || k.conname as name,
         (select a.attname from pg_attribute a where a.attrelid = k.conrelid and a.attnum = k.conkey[1])::text as own,
         (select a.attname from pg_attribute a where a.attrelid = k.confrelid and a.attnum = k.confkey[1])::text as other
       from pg_constraint k where k.contype = 'f' and ${tenantTable('k.conrelid')} and ${tenantTable('k.confrelid')}`,
    )
    expect(rows.length).toBeGreaterThan(10)
    expect(rows.filter(({ own, other }) => own !== 'tenant_id' || other !== 'tenant_id')).toEqual([])
  })

  it('a foreign key out of a tenant table otherwise leads to tenants, people and platform rows alone', async () => {
    const { rows } = await test.admin.query<{ target: string }>(
      `select distinct k.confrelid::regclass::text as target
       from pg_constraint k where k.contype = 'f' and ${tenantTable('k.conrelid')} and not ${tenantTable('k.confrelid')}
       order by 1`,
    )
    expect(rows.map(({ target }) => target)).toEqual(['chain_sources', 'tenants', 'users'])
  })

  it('no unique index of a tenant table lacks tenant_id, without exception', async () => {
    const { rows } = await test.admin.query<{ name: string }>(
      `select i.indexrelid::regclass::text as name from pg_index i
       where i.indisunique and ${tenantTable('i.indrelid')}
         and not exists (select from pg_attribute a
           where a.attrelid = i.indrelid and a.attname = 'tenant_id' and a.attnum = any (i.indkey))
         and (select relkind from pg_class where oid = i.indrelid) in ('r', 'p')
       order by 1`,
    )
    expect(rows.map(({ name }) => name)).toEqual([])
  })

  it('of people and tenants only e-mail, slug and their ids are unique', async () => {
    const { rows } = await test.admin.query<{ name: string }>(
      `select indexrelid::regclass::text as name from pg_index
       where indisunique and indrelid in ('users'::regclass, 'tenants'::regclass) order by 1`,
    )
    expect(rows.map(({ name }) => name)).toEqual(['tenants_pkey', 'tenants_slug', 'users_email', 'users_pkey'])
  })

  const listings = [
    'listMonitors',
    'listTriggers',
    'listNetworks',
    'listMatches',
    'countMatchesByDay',
    'listDeliveries',
    'listNotices',
    'listAuditEvents',
    'listApiKeys',
    'listQuotas',
    'listUsage',
    'findMonitor',
    'findTrigger',
    'findOwnNetwork',
    'findMatch',
    'findDelivery',
  ]

  // With sequential scans forbidden the planner takes one only where no index serves.
  it.each(listings)('%s goes into every tenant table by an index that begins with tenant_id', async (name) => {
    const plan: string[] = []
    await test.database.withTenant(self.tenant, { readOnly: true }, async (tx) => {
      await tx.execute(sql`select set_config('enable_seqscan', 'off', true)`)
      const explain = async (query: RawBuilder<unknown>) => {
        const lines = await tx.rows(sql<{ 'QUERY PLAN': string }>`explain (costs off) ${query}`)
        plan.push(...lines.map((line) => line['QUERY PLAN']))
      }
      const explaining: TenantTx = {
        ...tx,
        rows: async (query) => (await explain(query), tx.rows(query)),
        row: async (query) => (await explain(query), tx.row(query)),
      }
      await storeCalls[name]?.(explaining, self, self)
    })
    const { rows: tables } = await test.admin.query<{ name: string }>(
      `select c.relname::text as name from pg_class c where c.relkind in ('r', 'p') and ${tenantTable('c.oid')}`,
    )
    const { rows: indexes } = await test.admin.query<{ name: string; first: string }>(
      `select c.relname::text as name, a.attname::text as first from pg_index i join pg_class c on c.oid = i.indexrelid
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] where ${tenantTable('i.indrelid')}`,
    )
    const tenantTables = new Set(tables.map((table) => table.name))
    const firstOf = new Map(indexes.map((index) => [index.name, index.first]))
    const scanned = plan.flatMap((line) => /Seq Scan on (\w+)/.exec(line)?.[1] ?? [])
    const used = plan.flatMap(
      (line) =>
        /(?:Index|Index Only) Scan (?:Backward )?using (\w+)/.exec(line)?.[1] ??
        /Bitmap Index Scan on (\w+)/.exec(line)?.[1] ??
        [],
    )
    expect(scanned.filter((table) => tenantTables.has(table))).toEqual([])
    expect(used.filter((index) => (firstOf.get(index) ?? 'tenant_id') !== 'tenant_id')).toEqual([])
    expect(used.filter((index) => firstOf.has(index)).length).toBeGreaterThan(0)
  })
})
