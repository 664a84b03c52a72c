import { randomBytes } from 'node:crypto'
import { deployToken, startAnvil, startReceiver } from '@smt/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../../src/platform/db/migrate.ts'
import { hasServer } from '../../src/testing/harness.ts'
import { createServerUnderTest, type ServerUnderTest } from '../e2e/server-process.ts'
import { create, evmNetwork, registerTenant, transferMonitor, webhookTrigger } from '../e2e/tenant-client.ts'
import { startOwnPostgres, type OwnPostgres } from './own-postgres.ts'
import { until } from './reorg-run.ts'

const loginUrl = (url: string, user: string) => url.replace('//postgres@', `//${user}@`)

describe.skipIf(!hasServer())('a database that crashes and comes back under load', () => {
  let postgres: OwnPostgres
  let anvil: Awaited<ReturnType<typeof startAnvil>>
  let receiver: Awaited<ReturnType<typeof startReceiver>>
  let server: ServerUnderTest

  beforeAll(async () => {
    postgres = await startOwnPostgres()
    const admin = new pg.Client({ connectionString: postgres.url })
    await admin.connect()
    await migrate(admin)
    await admin.end()
    anvil = await startAnvil({})
    receiver = await startReceiver()
    server = await createServerUnderTest({
      SMT_DATABASE_URL: loginUrl(postgres.url, 'smt_app'),
      SMT_DATABASE_PLATFORM_URL: loginUrl(postgres.url, 'smt_platform'),
      SMT_MASTER_KEY: randomBytes(32).toString('base64'),
    })
    await server.start()
  })
  afterAll(async () => {
    await server?.dispose()
    await Promise.all([receiver?.stop(), anvil?.stop()])
    await postgres?.dispose()
  })

  it('loses no acknowledged write and no alert; the API says 503 with Retry-After, then serves', async () => {
    const token = await deployToken(anvil.rpc)
    for (let n = 0; n < 3; n += 1) await anvil.rpc('evm_mine', [])
    const tenant = await registerTenant(server.baseUrl, 'acme')
    await create(tenant, '/networks', { configuration: evmNetwork('chain', anvil.url) })
    await create(tenant, '/triggers', webhookTrigger(`${receiver.url}/acme`))
    await create(tenant, '/monitors', transferMonitor('watch', 'chain', token))
    await until(async () => {
      const { body } = await tenant.get('/monitors/watch')
      return (body['status'] as { effective_from_block: number | null }).effective_from_block !== null
    })

    const accounts = (await anvil.rpc('eth_accounts', [])) as [string, string]
    const mined: string[] = []
    let isOver = false
    const chain = async () => {
      while (!isOver) {
        mined.push(await token.transfer({ from: accounts[0], to: accounts[1], value: 1n }))
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
    }
    // One write after the other; what the API acknowledged must be there afterwards.
    const answers: { at: number; tookMs: number; status: number; retryAfter: string | null }[] = []
    let acknowledged = 0
    const writes = async () => {
      for (let n = 1; !isOver; n += 1) {
        const at = Date.now()
        const { status, headers } = await tenant.request('PATCH', '/monitors/watch', { labels: { n: String(n) } })
        if (status === 200) acknowledged = n
        answers.push({ at, tookMs: Date.now() - at, status, retryAfter: headers.get('retry-after') })
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const load = Promise.all([chain(), writes()])

    await until(async () => receiver.requests.length >= 5)
    const crashedAt = Date.now()
    await postgres.crash()
    await until(async () => answers.filter(({ status }) => status === 503).length >= 20)
    await postgres.start()
    const returnedAt = Date.now()
    await until(async () => answers.at(-1)?.status === 200, { everyMs: 10 })
    const servedAt = Date.now()
    const before = receiver.requests.length
    await until(async () => receiver.requests.length >= before + 10)
    isOver = true
    await load
    await anvil.rpc('evm_mine', [])

    const refused = answers.filter(({ status }) => status !== 200)
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]))
    expect(refused.every(({ retryAfter }) => Number(retryAfter) >= 1)).toBe(true)
    const [first] = refused
    expect((first?.at ?? Number.NaN) + (first?.tookMs ?? 0) - crashedAt).toBeLessThanOrEqual(1_000)
    expect(servedAt - returnedAt).toBeLessThanOrEqual(10_000)
    const { body } = await tenant.get('/monitors/watch')
    expect(Number((body['labels'] as { n: string }).n)).toBeGreaterThanOrEqual(acknowledged)

    const idsOf = (hash: string) =>
      new Set(receiver.requests.filter((got) => got.body.includes(hash)).map(({ headers }) => headers['webhook-id']))
    await until(async () => mined.every((hash) => idsOf(hash).size > 0)).catch(() => undefined)
    expect(mined.filter((hash) => idsOf(hash).size === 0)).toEqual([])
    expect(mined.filter((hash) => idsOf(hash).size > 1)).toEqual([])
    expect(await server.stop()).toBe(0)
  })
})
