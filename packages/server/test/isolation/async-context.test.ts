import { EventEmitter } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { createDatabase, type Database } from '../../src/platform/db/doors.ts'
import { createServerPool } from '../../src/platform/db/open-database.ts'
import { sql } from '../../src/platform/db/tx.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createSecrets } from '../../src/platform/secrets.ts'
import { createLoop } from '../../src/platform/supervised-loop.ts'
import { currentTenant, findRequestContext, runInRequest } from '../../src/tenants/request-context.ts'
import { createRpcLimits } from '../../src/tenants/rpc-limits.ts'
import { createTenantKeys } from '../../src/tenants/tenant-key-service.ts'
import { openTestDatabase, type TestDatabase } from '../../src/testing/harness.ts'

const idOf = (n: number) => `018f0000-0000-7000-8000-${String(n + 1).padStart(12, '0')}`
const actor = { kind: 'api_key', id: 'key', name: 'key' } as const

const inRequestOf = <T>(id: string, fn: () => T): T =>
  runInRequest({ tenant: { id, slug: `slug-${id}` }, actor, requestId: `request-${id}` }, fn)

/** The ways in which a tenant that travels with the asynchronous context gets mixed up (security.md 1.6), on our own code. */
describe('the tenant of an asynchronous context', () => {
  let test: TestDatabase
  let narrow: Database

  beforeAll(async () => {
    test = await openTestDatabase()
    const urls = test.urls
    // The embedded database has one connection anyway.
    narrow =
      urls === undefined
        ? test.database
        : createDatabase({
            kind: 'postgres',
            appPool: createServerPool(urls.app, 1),
            platformPool: createServerPool(urls.platform, 1),
            signContext: test.signContext,
          })
  })
  afterAll(async () => {
    if (narrow !== test.database) await narrow.close()
    await test.close()
  })

  it('is its own after each statement, for 200 tenants at once over one connection', async () => {
    const seen = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        inRequestOf(idOf(n), () =>
          narrow.withTenant(idOf(n), { readOnly: true }, async (tx) => {
            const row = await tx.row(sql<{ tenant: string }>`select app.current_tenant()::text as tenant`)
            return [row?.tenant, currentTenant().id]
          }),
        ),
      ),
    )
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => [idOf(n), idOf(n)]))
  })

  it('is not lost in callbacks of the driver: only the doors reach it, and never with a callback', async () => {
    const root = new URL('../../src/', import.meta.url).pathname
    const files = (await readdir(root, { recursive: true })).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('testing/'),
    )
    const withQuery: string[] = []
    const withCallback: string[] = []
    for (const file of files) {
      const text = await readFile(join(root, file), 'utf8')
      if (/\.query(?:<[^(]*>)?\(/.test(text)) withQuery.push(file)
      if (/\.(?:query(?:<[^(]*>)?|connect)\((?:[^()]|\([^()]*\))*(?:=>|function\b)/.test(text)) withCallback.push(file)
    }
    expect(files.length).toBeGreaterThan(150)
    expect(withQuery.length).toBeGreaterThan(3)
    expect(withQuery.filter((file) => !file.startsWith('platform/db/'))).toEqual([])
    expect(withCallback).toEqual([])
  })

  it('is nobody’s in a listener that is called from outside of the request which added it', () => {
    const emitter = new EventEmitter()
    const seen: unknown[] = []
    inRequestOf(idOf(1), () => emitter.on('message', () => seen.push(findRequestContext()?.tenant.id)))
    emitter.emit('message')
    inRequestOf(idOf(2), () => emitter.emit('message'))
    expect(seen).toEqual([undefined, idOf(2)])
    inRequestOf(idOf(1), () => emitter.on('strict', () => currentTenant()))
    expect(() => emitter.emit('strict')).toThrow('there is no tenant here')
  })

  it('does not travel into a loop that a request wakes, nor does the transaction of that request', async () => {
    const steps: unknown[] = []
    let first = () => {}
    let second = () => {}
    const begun = new Promise<void>((resolve) => (first = resolve))
    const woken = new Promise<void>((resolve) => (second = resolve))
    const loop = createLoop(
      { clock: systemClock, logger: createLogger({ level: 'silent' }) },
      {
        name: 'test',
        pollMs: 60_000,
        step: async () => {
          const [row] = await test.database.withPlatform((tx) =>
            tx.rows(sql<{ role: string }>`select current_user::text as role`),
          )
          steps.push([findRequestContext()?.tenant.id, row?.role])
          if (steps.length === 1) first()
          else second()
          return false
        },
      },
    )
    loop.start()
    await begun
    await inRequestOf(idOf(1), () =>
      test.database.withTenant(idOf(1), {}, async (tx) => {
        await tx.rows(sql`select 1`)
        loop.wake()
      }),
    )
    await woken
    await loop.stop()
    expect(steps).toEqual([
      [undefined, 'smt_platform'],
      [undefined, 'smt_platform'],
    ])
  })

  it('decides in caches: whoever asks first, each tenant gets what is its own', async () => {
    const secrets = createSecrets(Buffer.alloc(32, 'k'))
    const tenants = [idOf(1), idOf(2)]
    for (const [n, id] of tenants.entries()) {
      await test.admin.query('insert into tenants (id, slug, name) values ($1, $2, $2)', [id, `tenant-${n}`])
      await test.admin.query('insert into tenant_keys (tenant_id, version, wrapped_key) values ($1, 1, $2)', [
        id,
        secrets.createTenantKey(id),
      ])
      await test.admin.query(
        `insert into quotas (tenant_id, quota, lim) values ($1, 'max_rpc_requests_per_minute', $2)`,
        [id, 100 + n],
      )
    }
    const asked = [...tenants, ...tenants, ...tenants]

    const limitOf = createRpcLimits({ database: test.database })
    const limits = await Promise.all(asked.map((id) => inRequestOf(id, () => limitOf(id))))
    expect(limits).toEqual([100, 101, 100, 101, 100, 101])

    const keys = createTenantKeys({ secrets })
    const place = { table: 't', rowId: 'r', column: 'c' }
    const sealed = await Promise.all(
      asked.map((id) =>
        inRequestOf(id, async () => {
          const key = await test.database.withTenant(id, { readOnly: true }, (tx) => keys.forTenant(tx, id))
          return key.seal(`of ${id}`, { ...place, tenantId: id })
        }),
      ),
    )
    for (const [n, text] of sealed.entries()) {
      const id = asked[n] ?? ''
      const read = (of: string) =>
        test.database.withTenant(of, { readOnly: true }, async (tx) =>
          (await keys.forTenant(tx, of)).open(text, { ...place, tenantId: of }),
        )
      expect(await read(id)).toBe(`of ${id}`)
      await expect(read(tenants.find((other) => other !== id) ?? '')).rejects.toThrow('does not open')
    }
  })

  it('costs far less than a statement', async () => {
    const count = 20_000
    const started = performance.now()
    for (let n = 0; n < count; n += 1) await inRequestOf('x', async () => currentTenant().id)
    expect(((performance.now() - started) * 1_000) / count).toBeLessThan(100)
  })
})
