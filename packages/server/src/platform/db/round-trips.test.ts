import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDelayProxy, type DelayProxy } from '../../testing/delay-proxy.ts'
import { hasServer, openTestDatabase, type TestDatabase } from '../../testing/harness.ts'
import { createDatabase, type Database } from './doors.ts'
import { createServerPool } from './open-database.ts'
import { sql } from './tx.ts'

const tenantId = '018f0000-0000-7000-8000-00000000000a'

describe.skipIf(!hasServer())('a database that is far away', () => {
  let test: TestDatabase
  let proxy: DelayProxy
  let pool: pg.Pool
  let database: Database

  beforeAll(async () => {
    test = await openTestDatabase()
    const url = new URL(test.urls!.app)
    proxy = await startDelayProxy({ host: url.hostname, port: Number(url.port || 5432) }, 5)
    url.host = `127.0.0.1:${proxy.port}`
    pool = createServerPool(url.href, 1)
    database = createDatabase({
      kind: 'postgres',
      signContext: test.signContext,
      appPool: pool,
      platformPool: createServerPool(test.urls!.platform, 1),
    })
    await pool.query('select 1')
  })
  afterAll(async () => {
    await database.close()
    await proxy.close()
    await test.close()
  })

  /** Round trips until the answer is there. */
  async function tripsOf(work: () => Promise<unknown>): Promise<number> {
    // What an earlier transaction left behind, its commit, is over when the one connection is free again.
    const client = await pool.connect()
    client.release()
    const before = proxy.trips()
    await work()
    return proxy.trips() - before
  }

  const statement = sql`select count(*) from monitors`

  it('costs a read of one statement in its transaction no more than the bare statement: one round trip', async () => {
    expect(await tripsOf(() => pool.query('select count(*) from leases').catch(() => undefined))).toBe(1)
    expect(await tripsOf(() => database.withTenant(tenantId, { readOnly: true }, (tx) => tx.rows(statement)))).toBe(1)
  })

  it('costs a write of one statement its commit besides, which is waited for', async () => {
    expect(await tripsOf(() => database.withTenant(tenantId, {}, (tx) => tx.rows(statement)))).toBe(2)
  })

  it('costs a read of two statements that are sent together one round trip as well', async () => {
    const both = database.withTenant.bind(undefined, tenantId, { readOnly: true }, (tx) =>
      Promise.all([tx.rows(statement), tx.rows(sql`select count(*) from triggers`)]),
    )
    expect(await tripsOf(both)).toBe(1)
  })

  it('gives the connection back after a read without the tenant of that read', async () => {
    await database.withTenant(tenantId, { readOnly: true }, (tx) => tx.rows(statement))
    const { rows } = await pool.query<{ context: string }>(`select current_setting('app.context', true) as context`)
    expect(rows).toEqual([{ context: '' }])
  })

  it('fails a read in which a statement failed and was swallowed, as it does a write', async () => {
    const swallowing = database.withTenant(tenantId, { readOnly: true }, async (tx) => {
      await tx.rows(sql`select 1 / 0`).catch(() => undefined)
    })
    await expect(swallowing).rejects.toThrow('rolled back')
    expect(await database.withTenant(tenantId, { readOnly: true }, (tx) => tx.rows(sql`select 1 as one`))).toEqual([
      { one: 1 },
    ])
  })
})
