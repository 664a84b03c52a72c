import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase, type Database } from '../../src/platform/db/doors.ts'
import { createServerPool } from '../../src/platform/db/open-database.ts'
import { sql } from '../../src/platform/db/tx.ts'
import { hasServer, openTestDatabase, type TestDatabase } from '../../src/testing/harness.ts'
import { startOwnPgBouncer, type OwnPgBouncer } from './own-pgbouncer.ts'

const tenants = Array.from({ length: 50 }, (_, n) => `018f0000-0000-7000-8000-${String(n + 1).padStart(12, '0')}`)
const each = 40

describe.skipIf(!hasServer())('behind PgBouncer in transaction mode, with one connection for all tenants', () => {
  let test: TestDatabase
  let bouncer: OwnPgBouncer
  let database: Database

  beforeAll(async () => {
    test = await openTestDatabase()
    await test.admin.query(
      `insert into tenants (id, slug, name) select id, 'tenant-' || n, 'T' from unnest($1::uuid[]) with ordinality as t (id, n)`,
      [tenants],
    )
    await test.admin.query(
      `insert into triggers (tenant_id, id, trigger_id, configuration)
       select id, id, 't', '{"name":"t","trigger_type":"webhook"}' from unnest($1::uuid[]) as t (id)`,
      [tenants],
    )
    bouncer = await startOwnPgBouncer(test.urls!.admin)
    database = createDatabase({
      kind: 'postgres',
      appPool: createServerPool(bouncer.urlOf('smt_app'), 20),
      platformPool: createServerPool(bouncer.urlOf('smt_platform'), 2),
      signContext: test.signContext,
      slotsOf: () => 4,
    })
  })
  afterAll(async () => {
    await database?.close()
    await bouncer?.stop()
    await test?.close()
  })

  it(`shows 0 foreign rows to ${tenants.length} tenants in ${tenants.length * each} interleaved transactions`, async () => {
    const seen = { own: 0, foreign: 0 }
    const backends = new Set<number>()
    const work = async (tenant: string) => {
      for (let n = 0; n < each; n += 1) {
        const rows = await database.withTenant(tenant, { readOnly: n % 2 === 0 }, async (tx) => {
          const [backend] = await tx.rows(sql<{ pid: number }>`select pg_backend_pid() as pid`)
          if (backend !== undefined) backends.add(backend.pid)
          return tx.rows(sql<{ tenant: string }>`select tenant_id::text as tenant from triggers`)
        })
        for (const row of rows) seen[row.tenant === tenant ? 'own' : 'foreign'] += 1
      }
    }
    await Promise.all(tenants.map(work))
    expect(seen).toEqual({ own: tenants.length * each, foreign: 0 })
    expect(backends.size).toBe(1)
  })

  it('leaves no tenant to the next transaction of anybody', async () => {
    await database.withTenant(tenants[0] ?? '', {}, (tx) => tx.rows(sql`select 1`))
    const rows = await database.withIdentity((tx) => tx.rows(sql`select id from triggers`))
    expect(rows).toEqual([])
    const bare = new pg.Client({ connectionString: bouncer.urlOf('smt_app') })
    await bare.connect()
    expect((await bare.query('select id from triggers')).rows).toEqual([])
    await bare.end()
  })

  it('would be caught: a context that is set for the session shows its rows to another client', async () => {
    const [setter, other] = ['smt_app', 'smt_app'].map(
      (user) => new pg.Client({ connectionString: bouncer.urlOf(user) }),
    )
    if (setter === undefined || other === undefined) throw new Error('no clients')
    await Promise.all([setter.connect(), other.connect()])
    const [tenant = ''] = tenants
    await setter.query(`select set_config('app.context', $1, false)`, [test.signContext(`tenant:${tenant}`)])
    expect((await other.query('select tenant_id from triggers')).rows).toEqual([{ tenant_id: tenant }])
    await setter.query(`select set_config('app.context', '', false)`)
    await Promise.all([setter.end(), other.end()])
  })
})
