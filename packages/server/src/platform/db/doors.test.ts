import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasServer, openTestDatabase, type TestDatabase } from '../../testing/harness.ts'
import { createDatabase, type Database } from './doors.ts'
import { createServerPool } from './open-database.ts'
import { sql } from './tx.ts'

const tenantId = '018f0000-0000-7000-8000-00000000000a'

describe('the doors to the database', () => {
  let test: TestDatabase
  let database: Database

  beforeAll(async () => {
    test = await openTestDatabase()
    database = test.database
  })
  afterAll(() => test.close())

  const context = sql<{ role: string; tenant: string | null }>`
    select current_user::text as role, app.current_tenant()::text as tenant`

  it('sets role and tenant for one transaction', async () => {
    expect(await database.withTenant(tenantId, {}, (tx) => tx.row(context))).toEqual({
      role: 'smt_app',
      tenant: tenantId,
    })
    expect(await database.withPlatform((tx) => tx.row(context))).toEqual({ role: 'smt_platform', tenant: null })
    expect(await database.withIdentity((tx) => tx.row(context))).toEqual({ role: 'smt_app', tenant: null })
  })

  it('leaves no tenant behind, neither after a commit nor after a failure', async () => {
    await database.withTenant(tenantId, {}, (tx) => tx.row(context))
    await expect(database.withTenant(tenantId, {}, (tx) => tx.row(sql`select 1 / 0`))).rejects.toMatchObject({
      code: '22012',
    })
    expect(await database.withIdentity((tx) => tx.row(context))).toEqual({ role: 'smt_app', tenant: null })
  })

  it('keeps the tenants of many concurrent transactions apart', async () => {
    const ids = Array.from({ length: 50 }, (_, n) => `018f0000-0000-7000-8000-${String(n).padStart(12, '0')}`)
    const seen = await Promise.all(
      ids.map((id) =>
        database.withTenant(id, { readOnly: true }, async (tx) => {
          const first = await tx.row(context)
          const second = await tx.row(context)
          return [first?.tenant, second?.tenant]
        }),
      ),
    )
    expect(seen).toEqual(ids.map((id) => [id, id]))
  })

  it('throws when one door is opened inside another', async () => {
    await expect(
      database.withTenant(tenantId, {}, () => database.withPlatform((tx) => tx.rows(sql`select 1`))),
    ).rejects.toThrow('a platform transaction was opened inside a tenant transaction')
    await expect(
      database.withPlatform(() => database.withTenant(tenantId, {}, (tx) => tx.rows(sql`select 1`))),
    ).rejects.toThrow('inside a platform transaction')
  })

  it('refuses writes in a read-only transaction', async () => {
    await expect(
      database.withTenant(tenantId, { readOnly: true }, (tx) =>
        tx.execute(
          sql`insert into config_changes (tenant_id, object_kind, object_id) values (${tenantId}, 'monitor', ${tenantId})`,
        ),
      ),
    ).rejects.toMatchObject({ code: '25006' })
  })

  it('never commits a transaction in which a statement failed and was swallowed', async () => {
    await expect(
      database.withPlatform(async (tx) => {
        await tx.execute(sql`insert into leases (lease_key) values ('swallowed')`)
        await tx.execute(sql`select 1 / 0`).catch(() => undefined)
      }),
    ).rejects.toThrow('rolled back')
    const { rows } = await test.admin.query(`select from leases where lease_key = 'swallowed'`)
    expect(rows).toEqual([])
  })

  it.skipIf(!hasServer())(
    'answers 503 with a time to wait to whom a deadlock ends, and lets the other go on',
    async () => {
      await test.admin.query('create table public.locked (id integer primary key)')
      await test.admin.query('grant select, update on public.locked to smt_platform')
      await test.admin.query('insert into public.locked values (1), (2)')
      const lock = (id: number) => sql`select from public.locked where id = ${id} for update`
      let arrived = 0
      let letGo = (): void => undefined
      const bothArrived = new Promise<void>((resolve) => {
        letGo = resolve
      })
      const inOrder = (first: number, second: number) =>
        database.withPlatform(async (tx) => {
          await tx.rows(lock(first))
          arrived += 1
          if (arrived === 2) letGo()
          await bothArrived
          await tx.rows(lock(second))
          return 'done'
        })
      const ends = await Promise.allSettled([inOrder(1, 2), inOrder(2, 1)])
      expect(ends).toContainEqual({ status: 'fulfilled', value: 'done' })
      expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'busy', retryAfterS: 1 },
      })
    },
  )

  it('undoes everything when the function throws', async () => {
    await expect(
      database.withPlatform(async (tx) => {
        await tx.execute(sql`insert into leases (lease_key) values ('thrown')`)
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    const { rows } = await test.admin.query(`select from leases where lease_key = 'thrown'`)
    expect(rows).toEqual([])
  })

  it('reads big integers and JSON numbers without losing a digit', async () => {
    const row = await database.withIdentity((tx) =>
      tx.row(
        sql<{ n: bigint; j: unknown }>`select 9007199254740993::int8 as n, '{"u64":18446744073709551615}'::jsonb as j`,
      ),
    )
    expect(row).toEqual({ n: 9007199254740993n, j: { u64: 18446744073709551615n } })
  })

  it.skipIf(!hasServer())('ends a statement that takes too long with 503', async () => {
    const short = createDatabase({
      kind: 'postgres',
      signContext: test.signContext,
      appPool: createServerPool(test.urls!.app, 1),
      platformPool: createServerPool(test.urls!.platform, 1),
      statementTimeoutMs: 100,
    })
    await expect(short.withTenant(tenantId, {}, (tx) => tx.rows(sql`select pg_sleep(10)`))).rejects.toMatchObject({
      code: 'busy',
    })
    expect(await short.withTenant(tenantId, {}, (tx) => tx.row(context))).toMatchObject({ tenant: tenantId })
    await short.close()
  })

  it.skipIf(!hasServer())(
    'holds a tenant to its slots and answers the rest with 503 after a bounded wait',
    async () => {
      const narrow = createDatabase({
        kind: 'postgres',
        signContext: test.signContext,
        appPool: createServerPool(test.urls!.app, 4),
        platformPool: createServerPool(test.urls!.platform, 1),
        slotsOf: () => 1,
        budget: { waitMs: 100, waitersMax: 1 },
      })
      let release = () => {}
      const held = new Promise<void>((resolve) => (release = resolve))
      const first = narrow.withTenant(tenantId, {}, async (tx) => {
        await tx.rows(sql`select 1`)
        await held
      })
      const second = narrow.withTenant(tenantId, {}, (tx) => tx.rows(sql`select 1`))
      const third = narrow.withTenant(tenantId, {}, (tx) => tx.rows(sql`select 1`))
      await expect(third).rejects.toMatchObject({ code: 'busy' })
      await expect(second).rejects.toMatchObject({ code: 'busy' })
      // Another tenant is not delayed by any of this.
      expect(await narrow.withTenant(tenantId.replace(/a$/, 'b'), {}, (tx) => tx.row(context))).toMatchObject({
        role: 'smt_app',
      })
      release()
      await first
      await narrow.close()
    },
  )

  it.skipIf(!hasServer())('reports a server that is gone as 503', async () => {
    const gone = createDatabase({
      kind: 'postgres',
      signContext: test.signContext,
      appPool: createServerPool('postgres://smt_app@127.0.0.1:1/none', 1),
      platformPool: createServerPool('postgres://smt_platform@127.0.0.1:1/none', 1),
    })
    await expect(gone.withIdentity((tx) => tx.rows(sql`select 1`))).rejects.toMatchObject({
      code: 'database_unavailable',
    })
    await gone.close()
  })

  it.skipIf(!hasServer())('cannot be escaped from by the login itself', async () => {
    for (const statement of [
      'set local role postgres',
      'set local role smt_owner',
      'set local role smt_platform',
      'set session authorization postgres',
      'alter table monitors disable row level security',
      'truncate monitors',
    ]) {
      await expect(database.withTenant(tenantId, {}, (tx) => tx.execute(sql.raw(statement)))).rejects.toMatchObject({
        code: '42501',
      })
    }
  })
})
