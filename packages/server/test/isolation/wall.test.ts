import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lintTenantWall } from '../../src/platform/db/tenant-lint.ts'
import { createTx, sql, type RawBuilder } from '../../src/platform/db/tx.ts'
import { openTestDatabase, type TestDatabase } from '../../src/testing/harness.ts'
import { seedEveryTenantTable, tenantTables } from './wall-probe.ts'

const a = '018f0000-0000-7000-8000-00000000000a'
const b = '018f0000-0000-7000-8000-00000000000b'

describe('the wall between tenants', () => {
  let test: TestDatabase
  let tables: string[]

  beforeAll(async () => {
    test = await openTestDatabase()
    await seedEveryTenantTable(test.admin, a, 'a')
    await seedEveryTenantTable(test.admin, b, 'b')
    tables = await tenantTables(test.admin)
  })
  afterAll(() => test.close())

  it('covers every tenant table: both tenants have rows in each of them', async () => {
    expect(tables.length).toBeGreaterThan(15)
    for (const table of tables) {
      for (const tenant of [a, b]) {
        const { rows } = await test.admin.query<{ n: number }>(
          `select count(*)::int as n from ${table} where tenant_id = $1`,
          [tenant],
        )
        expect({ table, tenant, rows: rows[0]?.n }).toEqual({ table, tenant, rows: 1 })
      }
    }
  })

  it('shows a tenant its own rows alone, also when every WHERE tenant_id is ignored', async () => {
    for (const table of tables) {
      const seen = await inTenant(sql<{ tenant_id: string }>`select tenant_id from ${sql.raw(table)}`).catch(
        (error: unknown) => deniedOrThrow(error),
      )
      expect({ table, foreign: seen.filter((row) => row.tenant_id !== a) }).toEqual({ table, foreign: [] })
    }
  })

  it.each([
    ['update', (table: string) => `update ${table} set tenant_id = tenant_id where tenant_id = '${b}'`],
    ['delete', (table: string) => `delete from ${table} where tenant_id = '${b}'`],
  ])('refuses to %s rows of another tenant in every table', async (_, statementFor) => {
    for (const table of tables) {
      const affected = await test.database
        .withTenant(a, {}, (tx) => tx.execute(sql.raw(statementFor(table))))
        .catch((error: unknown) => deniedOrThrow(error).length)
      expect({ table, affected }).toEqual({ table, affected: 0 })
    }
  })

  it.each([
    ['move a row to', `update monitors set tenant_id = '${b}'`],
    [
      'insert a row for',
      `insert into config_changes (tenant_id, object_kind, object_id) values ('${b}', 'monitor', '${b}')`,
    ],
  ])('refuses to %s another tenant', async (_, statement) => {
    await expect(test.database.withTenant(a, {}, (tx) => tx.execute(sql.raw(statement)))).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('shows nothing at all when no tenant is set', async () => {
    for (const table of tables) {
      const seen = await test.database
        .withIdentity((tx) => tx.rows(sql`select tenant_id from ${sql.raw(table)}`))
        .catch((error: unknown) => deniedOrThrow(error))
      expect({ table, seen: seen.length }).toEqual({ table, seen: 0 })
    }
  })

  it('keeps identity tables closed to both service roles', async () => {
    for (const table of ['users', 'sessions', 'refresh_tokens']) {
      for (const door of ['withIdentity', 'withPlatform'] as const) {
        await expect(test.database[door]((tx) => tx.rows(sql`select * from ${sql.raw(table)}`))).rejects.toMatchObject({
          code: '42501',
        })
      }
    }
  })

  it('shows through the windows only what concerns the tenant', async () => {
    const sources = await inTenant(sql<{ id: string }>`select id from app.tenant_sources`)
    const items = await inTenant(sql<{ tx_hash: string }>`select tx_hash from app.tenant_chain_items`)
    const { rows: all } = await test.admin.query<{ n: number }>('select count(*)::int as n from chain_items')
    const ledgers = await inTenant(sql<{ block_hash: string }>`select block_hash from app.tenant_chain_blocks`)
    const { rows: allLedgers } = await test.admin.query<{ n: number }>('select count(*)::int as n from chain_blocks')
    expect([all[0]?.n, allLedgers[0]?.n]).toEqual([2, 2])
    expect(items).toHaveLength(1)
    expect(ledgers).toHaveLength(1)
    expect(sources).toHaveLength(1)
  })

  it('has no finding of its own catalogue lint', async () => {
    expect(await inAdmin((client) => lintTenantWall(client))).toEqual([])
  })

  const inTenant = <Row>(query: RawBuilder<Row>) =>
    test.database.withTenant(a, { readOnly: true }, (tx) => tx.rows(query))
  const inAdmin = async <T>(fn: (client: never) => Promise<T>): Promise<T> => fn(test.admin as never)

  it('builds statements with parameters only: a hostile value never becomes SQL', async () => {
    const texts: string[] = []
    const client = { query: async (text: string) => (texts.push(text), { rows: [], rowCount: 0 }) }
    await createTx('tenant', client as never).rows(sql`select ${`'; drop table monitors; --`}`)
    expect(texts).toEqual(['select $1'])
  })
})

/** Permission denied counts as "nothing seen"; every other error is one. */
function deniedOrThrow(error: unknown): { tenant_id: string }[] {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === '42501') return []
  throw error
}
