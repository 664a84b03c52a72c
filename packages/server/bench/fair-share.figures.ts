import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, scriptedToken, scriptedTokenAbi, startReceiver, startScriptedEvmNode } from '@smt/testkit'
import { expect, it } from 'vitest'
import { openTestDatabase } from '../src/testing/harness.ts'
import { createServerUnderTest } from '../test/e2e/server-process.ts'
import {
  create,
  evmNetwork,
  registerTenant,
  type TenantClient,
  transferMonitor,
  webhookTrigger,
} from '../test/e2e/tenant-client.ts'
import { percentile } from './delivery-scene.ts'

// `npm run bench:fair-share` with TEST_DATABASE_URL.
const seconds = Number(process.env['SMT_BENCH_SECONDS'] ?? 60)
const victimCount = 20
const aggressorMonitors = 1_000
const ratePerMinute = 120
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const report = (line: string) => process.stdout.write(`${line}\n`)

type Told = { statuses?: Record<string, number>; received: number; distinct: number }
const ask = (child: ChildProcess, message: object) =>
  new Promise<Told>((resolve) => {
    child.once('message', (told) => resolve(told as Told))
    child.send(message)
  })

it('the others beside one tenant at 100 times its quota', { timeout: 900_000 }, async () => {
  const database = await openTestDatabase()
  if (database.urls === undefined) throw new Error('needs TEST_DATABASE_URL')
  const networks = await mkdtemp(join(tmpdir(), 'smt-fair-'))
  const node = await startScriptedEvmNode()
  const receiver = await startReceiver()
  await writeFile(join(networks, 'chain.json'), JSON.stringify(evmNetwork('chain', node.url)))
  const env = {
    SMT_DATABASE_URL: database.urls.app,
    SMT_DATABASE_PLATFORM_URL: database.urls.platform,
    SMT_MASTER_KEY: randomBytes(32).toString('base64'),
    SMT_SHARED_NETWORKS_DIR: networks,
    SMT_LOG_LEVEL: 'error',
  }
  const rates = { SMT_API_RATE_CALLER: String(ratePerMinute), SMT_API_RATE_TENANT: String(ratePerMinute) }
  const aggressorPort = await freePort()
  const setup = await createServerUnderTest(env)
  await setup.start()
  const found = async (slug: string, url: string) => {
    const tenant = await registerTenant(setup.baseUrl, slug)
    await create(tenant, '/triggers', webhookTrigger(url))
    await create(
      tenant,
      '/monitors',
      transferMonitor('watch', 'chain', { address: scriptedToken, abi: scriptedTokenAbi }),
    )
    return tenant
  }
  const victims: TenantClient[] = []
  for (let n = 0; n < victimCount; n += 1) victims.push(await found(`victim-${n}`, `${receiver.url}/victim-${n}`))
  await setup.dispose()

  const running: { end(): unknown }[] = []
  const measure = async (withAggressor: boolean, token = '') => {
    const server = await createServerUnderTest({ ...env, ...rates })
    running.push({ end: () => server.dispose() })
    await server.start()
    const minedAt = new Map<string, number>()
    let isMining = true
    const mining = (async () => {
      while (isMining) {
        const number = node.mine()
        minedAt.set(node.txHashOf(number), Date.now())
        await pause(1_000)
      }
    })()
    receiver.requests.length = 0
    // Warm: the first alert of every victim has come.
    while (new Set(receiver.requests.map(({ path }) => path)).size < victimCount) await pause(50)
    const child = withAggressor
      ? fork(
          join(import.meta.dirname, 'fair-share-aggressor.ts'),
          [String(aggressorPort), server.baseUrl, 'aggressor', token, String((100 * ratePerMinute) / 60)],
          { execArgv: ['--import', 'tsx'] },
        )
      : undefined
    if (child !== undefined) {
      running.push({ end: () => child.kill() })
      await new Promise((resolve) => child.once('message', resolve))
    }
    const startedAt = Date.now()
    const flooding = child === undefined ? undefined : ask(child, { floodMs: seconds * 1_000 })
    const times: number[] = []
    let failed = 0
    const reads: Promise<void>[] = []
    for (let n = 0; n < victimCount * seconds; n += 1) {
      await pause(Math.max(0, startedAt + (n * 1_000) / victimCount - Date.now()))
      const victim = victims[n % victimCount]!
      const read = async () => {
        const sent = performance.now()
        const reply = await fetch(`${server.baseUrl}/api/v1/tenants/${victim.slug}/monitors`, {
          headers: { authorization: `Bearer ${victim.accessToken}` },
        })
        await reply.text()
        if (reply.status !== 200) failed += 1
        times.push(performance.now() - sent)
      }
      reads.push(read())
    }
    await Promise.all(reads)
    const endedAt = Date.now()
    const expected = [...minedAt].filter(([, at]) => at >= startedAt && at < endedAt - 1_000)
    const arrivals = () => {
      const all = new Map<string, number[]>()
      for (const { path, body, receivedAt } of receiver.requests) {
        const key = `${path} ${/0x[0-9a-f]{64}/.exec(body)?.[0] ?? ''}`
        all.set(key, [...(all.get(key) ?? []), receivedAt])
      }
      return expected.flatMap(([hash, at]) =>
        victims.map(({ slug }) => ({ at, received: all.get(`/${slug} ${hash}`) ?? [] })),
      )
    }
    while (arrivals().some(({ received }) => received.length === 0) && Date.now() < endedAt + 60_000) await pause(200)
    isMining = false
    await mining
    const all = arrivals()
    const alerts = all.flatMap(({ at, received }) => received.slice(0, 1).map((time) => time - at))
    const lost = all.filter(({ received }) => received.length === 0).length
    const repeated = all.filter(({ received }) => received.length > 1).length
    const show = (values: number[]) =>
      `p50 ${percentile(values, 0.5).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms`
    report(
      `${withAggressor ? 'with' : 'without'}: API ${show(times)} (${failed} not 200); alerts ${show(alerts)}; ${all.length} expected, ${lost} lost, ${repeated} repeated`,
    )
    if (child !== undefined) {
      report(`aggressor's calls: ${JSON.stringify((await flooding)?.statuses)}`)
      const told = await ask(child, {})
      const { rows } = await database.admin.query<{ state: string; count: number }>(
        `select d.state, count(*)::int as count from deliveries d join tenants t on t.id = d.tenant_id
         where t.slug = 'aggressor' group by 1`,
      )
      report(
        `aggressor's alerts: ${told.distinct} received (${told.received} requests); stored ${JSON.stringify(rows)}`,
      )
      child.kill()
    }
    await server.dispose()
    return { times, alerts, lost, repeated }
  }
  try {
    const alone = await measure(false)
    const second = await createServerUnderTest(env)
    await second.start()
    const aggressor = await registerTenant(second.baseUrl, 'aggressor')
    await database.admin.query(
      `update quotas q set lim = $1 from tenants t where t.id = q.tenant_id and t.slug = 'aggressor' and quota = 'max_monitors'`,
      [aggressorMonitors],
    )
    await create(aggressor, '/triggers', webhookTrigger(`http://127.0.0.1:${aggressorPort}/aggressor`))
    for (let n = 0; n < aggressorMonitors; n += 10)
      await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          create(
            aggressor,
            '/monitors',
            transferMonitor(`watch-${n + i}`, 'chain', { address: scriptedToken, abi: scriptedTokenAbi }),
          ),
        ),
      )
    await second.dispose()
    const beside = await measure(true, aggressor.accessToken)
    for (const [name, a, b] of [
      ['API', alone.times, beside.times],
      ['alerts', alone.alerts, beside.alerts],
    ] as const)
      report(
        `${name}: p50 × ${(percentile(b, 0.5) / percentile(a, 0.5)).toFixed(2)}, p99 × ${(percentile(b, 0.99) / percentile(a, 0.99)).toFixed(2)} (goal ≤ 1.10)`,
      )
    expect([alone.lost, alone.repeated, beside.lost, beside.repeated]).toEqual([0, 0, 0, 0])
  } finally {
    for (const { end } of running) await end()
    await receiver.stop()
    await node.stop()
    await database.close()
    await rm(networks, { recursive: true, force: true })
  }
})
