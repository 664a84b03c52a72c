import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../src/platform/db/doors.ts'
import { createServerPool } from '../src/platform/db/open-database.ts'
import { sql } from '../src/platform/db/tx.ts'
import { startDelayProxy } from '../src/testing/delay-proxy.ts'
import { openTestDatabase, type TestDatabase } from '../src/testing/harness.ts'
import { percentile } from './delivery-scene.ts'

// `npm run bench:wall`. What the wall costs one statement of one tenant, beside the same statement without any wall.
const seconds = Number(process.env['SMT_BENCH_SECONDS'] ?? 5)
const tenantCount = 1_000
const concurrent = 4

let test: TestDatabase
const tenants = Array.from({ length: tenantCount }, (_, n) => `018f0000-0000-7000-8000-${String(n).padStart(12, '0')}`)

beforeAll(async () => {
  test = await openTestDatabase()
  await test.admin.query(
    `insert into tenants (id, slug, name) select id, 'tenant-' || n, 'T' from unnest($1::uuid[]) with ordinality as t (id, n)`,
    [tenants],
  )
  await test.admin.query(
    `insert into triggers (tenant_id, id, trigger_id, configuration)
     select t.id, gen_random_uuid(), 'trigger-' || n, jsonb_build_object('name', 'trigger ' || n, 'trigger_type', 'webhook')
     from unnest($1::uuid[]) as t (id), generate_series(1, 20) n`,
    [tenants],
  )
  await test.admin.query('analyze triggers')
})
afterAll(() => test.close())

async function measure(what: string, once: (tenant: string) => Promise<number>, lanes = concurrent): Promise<number> {
  const timesMs: number[] = []
  const until = performance.now() + seconds * 1_000
  const work = async (lane: number) => {
    for (let n = lane; performance.now() < until; n += lanes) {
      const started = performance.now()
      expect(await once(tenants[n % tenantCount] ?? '')).toBe(20)
      timesMs.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)))
  const p50 = percentile(timesMs, 0.5).toFixed(2)
  const p99 = percentile(timesMs, 0.99).toFixed(2)
  process.stdout.write(`| ${what} | ${Math.round(timesMs.length / seconds)} per s | ${p50} ms | ${p99} ms |\n`)
  return timesMs.length
}

/** What `app.current_tenant()` was before contexts were signed, for the comparison. */
const unsignedBody = `create or replace function app.current_tenant() returns uuid
  language sql stable set search_path = pg_catalog
  as $$ select nullif(split_part(split_part(current_setting('app.context', true), '.', 1), ':', 2), '')::uuid $$`

async function signedBody(): Promise<string> {
  const { rows } = await test.admin.query<{ body: string }>(
    `select pg_get_functiondef('app.current_tenant()'::regprocedure) as body`,
  )
  return rows[0]?.body ?? ''
}

describe('figures of the wall', () => {
  const text = 'select id, trigger_id from triggers where tenant_id = '
  const throughTheDoor = async (tenant: string) =>
    test.database.withTenant(tenant, { readOnly: true }, async (tx) => {
      return (await tx.rows(sql`${sql.raw(text)} ${tenant}`)).length
    })

  it('cost of one look at the tenant, inside the database', async () => {
    const calls = 20_000
    const costUs = async () => {
      const times: number[] = []
      for (let round = 0; round < 5; round += 1) {
        const started = performance.now()
        await test.database.withTenant(tenants[0] ?? '', { readOnly: true }, (tx) =>
          tx.rows(sql`select count(app.current_tenant()) from generate_series(1, ${sql.lit(calls)})`),
        )
        times.push(performance.now() - started)
      }
      return ((Math.min(...times) * 1_000) / calls).toFixed(1)
    }
    const signed = await signedBody()
    const signedUs = await costUs()
    await test.admin.query(unsignedBody)
    const unsignedUs = await costUs()
    process.stdout.write(`one look: signed ${signedUs} us, unsigned ${unsignedUs} us\n`)
    expect(Number(unsignedUs)).toBeGreaterThan(0)
    await test.admin.query(signed)
  })

  it('one tenant while another holds all the connections it may have', async () => {
    const urls = test.urls
    if (urls === undefined) throw new Error('the figures of the wall need TEST_DATABASE_URL')
    const [holder = '', reader = ''] = tenants
    for (const slots of [2, 8]) {
      const database = createDatabase({
        kind: 'postgres',
        appPool: createServerPool(urls.app, 8),
        platformPool: createServerPool(urls.platform, 1),
        signContext: test.signContext,
        slotsOf: () => slots,
      })
      const read = () =>
        database.withTenant(reader, { readOnly: true }, async (tx) => {
          return (await tx.rows(sql`${sql.raw(text)} ${reader}`)).length
        })
      const count = await measure(`budget of ${slots} of 8: alone`, read, 1)
      let isOver = false
      const hold = async () => {
        while (!isOver) await database.withTenant(holder, {}, (tx) => tx.rows(sql`select pg_sleep(0.1)`))
      }
      const holding = Array.from({ length: 24 }, hold)
      await measure(`budget of ${slots} of 8: while another sleeps in all of its own`, read, 1)
      isOver = true
      await Promise.all(holding)
      expect(count).toBeGreaterThan(0)
      await database.close()
    }
  })

  it('a database one millisecond away in each direction', async () => {
    const urls = test.urls
    if (urls === undefined) throw new Error('the figures of the wall need TEST_DATABASE_URL')
    const { hostname, port } = new URL(urls.app)
    const proxy = await startDelayProxy({ host: hostname, port: Number(port || 5432) }, 1)
    const far = (url: string) =>
      createServerPool(url.replace(`${hostname}:${port}`, `127.0.0.1:${proxy.port}`), concurrent)
    const [appPool, platformPool, adminPool] = [far(urls.app), far(urls.platform), far(urls.admin)]
    const database = createDatabase({ kind: 'postgres', appPool, platformPool, signContext: test.signContext })
    const bare = async (tenant: string) => (await adminPool.query(`${text} $1`, [tenant])).rows.length
    const throughTheFarDoor = async (tenant: string) =>
      database.withTenant(tenant, { readOnly: true }, async (tx) => {
        return (await tx.rows(sql`${sql.raw(text)} ${tenant}`)).length
      })
    await measure('1 ms: no wall, one statement without a transaction', bare, 1)
    const count = await measure('1 ms: one statement through the door of its tenant', throughTheFarDoor, 1)
    expect(count).toBeGreaterThan(0)
    await adminPool.end()
    await database.close()
    await proxy.close()
  })

  it.each([1, 2, 3])('round %i', async () => {
    await measure('no wall: one statement without a transaction', async (tenant) => {
      return (await test.admin.query(`${text} $1`, [tenant])).rows.length
    })
    const signed = await signedBody()
    await test.admin.query(unsignedBody)
    await measure('unsigned: one statement through the door of its tenant', throughTheDoor)
    await test.admin.query(signed)
    const count = await measure('signed: one statement through the door of its tenant', throughTheDoor)
    expect(count).toBeGreaterThan(0)
  })
})
