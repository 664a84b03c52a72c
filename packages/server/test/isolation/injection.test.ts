import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContextSigner } from '../../src/platform/db/tenant-context.ts'
import { sql, type TenantTx } from '../../src/platform/db/tx.ts'
import { testContextKey } from '../../src/testing/context-key.ts'
import { hasServer, openTestDatabase, type TestDatabase } from '../../src/testing/harness.ts'
import { seedEveryTenantTable, tenantTables } from './wall-probe.ts'

const a = '018f0000-0000-7000-8000-00000000000a'
const b = '018f0000-0000-7000-8000-00000000000b'
const clockAt = (ms: number) => ({ now: () => new Date(ms) })

describe('SQL that was smuggled into a transaction of a tenant', () => {
  let test: TestDatabase
  let everyRow: string

  beforeAll(async () => {
    test = await openTestDatabase()
    await seedEveryTenantTable(test.admin, a, 'a')
    await seedEveryTenantTable(test.admin, b, 'b')
    const readable = []
    for (const table of await tenantTables(test.admin)) {
      const { rows } = await test.admin.query<{ may: boolean }>(
        `select has_table_privilege('smt_app', $1, 'select') as may`,
        [table],
      )
      if (rows[0]?.may === true) readable.push(table)
    }
    const rowsOf = readable.map((table) => `select '${table}' as place, tenant_id::text as tenant from ${table}`)
    const windows = ['tenant_sources', 'tenant_chain_items', 'tenant_chain_blocks']
    everyRow = [
      ...rowsOf,
      `select 'tenants', id::text from tenants`,
      // Platform rows have no tenant; each tenant was given one, so a second one would be somebody else's.
      ...windows.map((view) => `select '${view}', case when count(*) > 1 then '${b}' else '${a}' end from app.${view}`),
    ].join(' union all ')
  })
  afterAll(() => test.close())

  const setting = (name: string, value: string) => sql`select set_config(${name}, ${value}, true)`
  const read = (tx: TenantTx) => tx.rows(sql.raw<{ place: string; tenant: string }>(everyRow))
  const inTenant = <T>(fn: (tx: TenantTx) => Promise<T>) => test.database.withTenant(a, {}, fn)

  it('reads the rows of its own tenant, so that what follows means something', async () => {
    const seen = await inTenant(read)
    expect(new Set(seen.map(({ tenant }) => tenant))).toEqual(new Set([a]))
    expect(seen.length).toBeGreaterThan(20)
  })

  it('reads no row of another tenant by naming it', async () => {
    const seen = await inTenant(async (tx) => {
      await tx.execute(setting('app.tenant_id', b))
      return read(tx)
    })
    expect(seen.filter(({ tenant }) => tenant !== a)).toEqual([])
  })

  const parts = (context: string) => context.split('.') as [string, string, string, string]
  const forgeries: [string, (own: string) => string][] = [
    ['no context at all', () => ''],
    ['its own with another tenant in it', (own) => own.replace(a, b)],
    ['its own with a later expiry', (own) => own.replace(/\.\d+\./, '.9999999999.')],
    ['its own with the id of a key that is not known', (own) => own.replace(parts(own)[2], '0'.repeat(16))],
    ['its own as that of a founder', (own) => own.replace('tenant:', 'founding:')],
    ['its own with further parts', (own) => `tenant:${b}.${own}`],
    [
      'a signature of another key',
      () => createContextSigner(Buffer.alloc(32, 'x'), clockAt(Date.now()))(`tenant:${b}`),
    ],
    [
      'a signature of another key under the id of the right one',
      (own) => {
        const [subject, expiry, , signature] = parts(
          createContextSigner(Buffer.alloc(32, 'x'), clockAt(Date.now()))(`tenant:${b}`),
        )
        return [subject, expiry, parts(own)[2], signature].join('.')
      },
    ],
    ['none', () => `tenant:${b}`],
    ['a plain one', () => `plain:${b}`],
    ['an empty signature', (own) => `${own.replace(a, b).slice(0, -64)}`],
    ['one that has expired', () => createContextSigner(testContextKey, clockAt(Date.now() - 120_000))(`tenant:${b}`)],
  ]

  it.each(forgeries)('is refused with 28000 when it sets a forged context: %s', async (_, forge) => {
    await expect(
      inTenant(async (tx) => {
        await tx.execute(setting('app.tenant_id', b))
        await tx.execute(sql`
          select set_config('app.context', ${forge(test.signContext(`tenant:${a}`))}, true)`)
        return read(tx)
      }),
    ).rejects.toMatchObject({ code: '28000' })
  })

  it('is believed with a context of the right key and in time, so that the refusals mean something', async () => {
    const seen = await inTenant(async (tx) => {
      await tx.execute(setting('app.context', test.signContext(`tenant:${b}`)))
      return read(tx)
    })
    expect(seen.filter(({ place, tenant }) => place === 'monitors' && tenant === b)).toHaveLength(1)
  })

  it.each([
    ['select * from wall.context_keys'],
    [`select app.install_context_key('0123456789abcdef', repeat('x', 64)::bytea, repeat('x', 64)::bytea)`],
    ['select wall.context_subject()'],
    [`select app.demand_context('tenant')`],
    ['create temporary table users (id uuid)'],
    ['create function public.f() returns int language sql as $$ select 1 $$'],
    [`select * from app.find_login('b@example.com')`],
    [`select app.open_session('${a}', '018f0000-0000-7000-8000-0000000b0001', '\\x00', now() + interval '1 day')`],
    [`select * from app.rotate_refresh_token('\\x00', '\\x01', interval '1 s')`],
    [`select app.close_session('${b}', 'r')`],
    [`select * from app.session_user_of('${b}')`],
    [`select * from app.session_tenants('${b}')`],
    [`select * from app.session_membership('${b}', 'tenant-b')`],
    [`select * from app.session_operator('${b}')`],
    [`select app.set_operator('a@example.com', true)`],
    [`select app.create_operator('${b}', 'c@example.com', 'x')`],
    [`select * from app.find_api_key('b', '\\x00')`],
    [`select app.create_user('${b}', 'c@example.com', 'x')`],
    [`select app.create_tenant('${b}', 'tenant-c', 'c', '${b}', 'w')`],
  ])('may not: %s', async (statement) => {
    await expect(inTenant((tx) => tx.execute(sql.raw(statement)))).rejects.toMatchObject({ code: '42501' })
    // Nor without a context, nor with a context for founding or for persons that it makes up.
    await expect(
      inTenant(async (tx) => {
        await tx.execute(setting('app.context', ''))
        await tx.execute(sql.raw(statement))
      }),
    ).rejects.toMatchObject({ code: '42501' })
  })

  it('sees of other tenants through the functions for tenants only who has exactly this e-mail', async () => {
    const directory = await inTenant((tx) => tx.rows(sql<{ email: string }>`select email from app.member_directory()`))
    expect(directory).toEqual([{ email: 'a@example.com' }])
    const candidate = (email: string) =>
      inTenant((tx) => tx.rows(sql`select * from app.find_member_candidate(${email})`))
    expect(await candidate('b@example.com')).toHaveLength(1)
    expect(await candidate('%')).toEqual([])
  })

  // The embedded database has one session, of a superuser: it keeps forgotten predicates harmless, not injected SQL.
  it
    .skipIf(!hasServer())
    .each([
      [`select set_config('role', 'smt_platform', true)`],
      [`select set_config('role', 'smt_owner', true)`],
      [`select set_config('session_authorization', 'smt_platform', true)`],
      [`select set_config('session_replication_role', 'replica', true)`],
      [`select pg_read_file('/etc/passwd')`],
      [`copy (select 1) to program 'true'`],
      ['create schema mine'],
    ])('may not on a server: %s', async (statement) => {
    await expect(inTenant((tx) => tx.execute(sql.raw(statement)))).rejects.toMatchObject({ code: '42501' })
  })

  it('is answered with an error, not with rows, when it turns policies off', async () => {
    await expect(
      inTenant(async (tx) => {
        await tx.execute(setting('row_security', 'off'))
        return read(tx)
      }),
    ).rejects.toMatchObject({ code: '42501' })
  })

  it('leaves nothing to the next transaction on the connection, even with a setting of the session', async () => {
    await inTenant((tx) => tx.execute(sql`select set_config('app.context', ${test.signContext(`tenant:${a}`)}, false)`))
    for (let n = 0; n < 12; n += 1) {
      const [seen] = await test.database.withTenant(b, {}, (tx) => tx.rows(sql`select app.current_tenant()::text as t`))
      expect(seen).toEqual({ t: b })
      const [none] = await test.database.withIdentity((tx) => tx.rows(sql`select app.current_tenant()::text as t`))
      expect(none).toEqual({ t: null })
    }
  })
})

describe('the cost of a signed context', () => {
  it('is paid once per statement and policy: the plan reads it first and then goes into the index', async () => {
    const test = await openTestDatabase()
    await seedEveryTenantTable(test.admin, a, 'a')
    const plan = await test.database.withTenant(a, {}, async (tx) => {
      await tx.execute(sql`select set_config('enable_seqscan', 'off', true)`)
      return tx.rows(sql<{ 'QUERY PLAN': string }>`explain select * from triggers where is_active order by trigger_id`)
    })
    const text = plan.map((line) => line['QUERY PLAN']).join('\n')
    expect(text).toMatch(/InitPlan/)
    expect(text).toMatch(/Index Cond: \(tenant_id = /)
    expect(text).not.toMatch(/Filter: .*current_tenant/)
    await test.close()
  })
})

describe('before the first key is installed', () => {
  it('a plain tenant is believed, as the previous release sends it; afterwards it is refused', async () => {
    const test = await openTestDatabase()
    await seedEveryTenantTable(test.admin, a, 'a')
    const plain = (tx: TenantTx) =>
      tx.execute(sql`select set_config('app.context', '', true), set_config('app.tenant_id', ${a}, true)`)
    const tenant = () =>
      test.database.withTenant(b, {}, async (tx) => {
        await plain(tx)
        return tx.rows(sql`select app.current_tenant()::text as t`)
      })
    await expect(tenant()).rejects.toMatchObject({ code: '28000' })
    await test.admin.query('delete from wall.context_keys')
    // What leaves through a door is signed with a key that is not known any more: only plain contexts are believed.
    await expect(tenant()).resolves.toEqual([{ t: a }])
    await test.close()
  })
})
