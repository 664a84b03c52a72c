import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestTenant } from '../src/testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../src/testing/dispatch-scene.ts'
import { createFanOut } from '../src/delivery/fan-out.ts'
import { storeMatches } from '../src/testing/stored-alerts.ts'
import { cloneTenants, percentile, startSending } from './delivery-scene.ts'

// `npm run bench:delivery`. Server, receiver and load share the machine; rates and times are read with that in mind.
const deliveries = Number(process.env['SMT_BENCH_DELIVERIES'] ?? 5_000)
const tenantsMax = Number(process.env['SMT_BENCH_TENANTS'] ?? 1_000)
const seconds = Number(process.env['SMT_BENCH_SECONDS'] ?? 10)

let scene: DispatchScene
let tenants: TestTenant[]

beforeAll(async () => {
  scene = await startDispatchScene()
  tenants = await cloneTenants(scene, await scene.createTenant('first'), tenantsMax)
}, 300_000)
afterAll(() => scene.close())
beforeEach(() => scene.clear())

const report = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

async function fanOutAll(): Promise<void> {
  const fanOut = createFanOut(scene.api)
  while ((await fanOut.runBatch()).matches > 0);
}

async function storeFor(chosen: readonly TestTenant[], each: number): Promise<void> {
  // At most 1,000 per block: more would be one digest.
  for (const tenant of chosen)
    for (let block = 1; (block - 1) * 1_000 < each; block += 1)
      await storeMatches(scene.api, {
        tenant,
        monitorId: 'transfers',
        block,
        count: Math.min(1_000, each - (block - 1) * 1_000),
      })
  await fanOutAll()
  await scene.api.test.admin.query('analyze deliveries')
}

async function received(count: number): Promise<void> {
  while (scene.receiver.requests.length < count) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Alerts of these tenants at a rate; answers how long each took from commit to receipt. */
async function measureLatency(chosen: readonly TestTenant[], perSecond: number): Promise<number[]> {
  const sending = startSending(scene)
  const fanOut = createFanOut(scene.api)
  const committedAt = new Map<string, number>()
  const started = performance.now()
  const pending: Promise<void>[] = []
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const tenant = chosen[n % chosen.length]
    if (tenant === undefined) throw new Error('no tenant')
    const waitMs = started + (n * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    const store = async () => {
      const [match] = await storeMatches(scene.api, { tenant, monitorId: 'transfers', block: 1_000_000 + n })
      committedAt.set(match?.txHash ?? '', Date.now())
      while ((await fanOut.runBatch()).matches > 0);
      sending.wake()
    }
    pending.push(store())
  }
  await Promise.all(pending)
  const found = new Map<string, number>()
  const deadline = Date.now() + 60_000
  while (found.size < committedAt.size && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const { body, receivedAt } of scene.receiver.requests) {
      const hash = /0x[0-9a-f]{64}/.exec(body)?.[0] ?? ''
      const at = committedAt.get(hash)
      if (at !== undefined) found.set(hash, Math.max(0, receivedAt - at))
    }
  }
  await sending.stop()
  return [...found.values()]
}

describe('figures of delivery', () => {
  it.each([1, tenantsMax])('deliveries per second of %i tenants', async (count) => {
    await storeFor(tenants.slice(0, count), Math.ceil(deliveries / count))
    const expected = count * Math.ceil(deliveries / count)
    const started = performance.now()
    const sending = startSending(scene)
    await received(expected)
    const tookS = (performance.now() - started) / 1_000
    await sending.stop()
    expect(scene.receiver.requests).toHaveLength(expected)
    report(`| ${count} | ${expected} | ${tookS.toFixed(1)} s | ${Math.round(expected / tookS)} per s |`)
  })

  it('from commit to receipt at 100 per second', async () => {
    const times = await measureLatency(tenants.slice(0, 20), 100)
    expect(times).toHaveLength(100 * seconds)
    report(`| 100 per s | p50 ${percentile(times, 0.5)} ms | p99 ${percentile(times, 0.99)} ms | n=${times.length} |`)
  })

  it('of one tenant while another has 10,000 waiting, against alone', async () => {
    const [a, b] = tenants
    if (a === undefined || b === undefined) throw new Error('no tenants')
    const alone = await measureLatency([b], 10)
    await scene.clear()
    await storeFor([a], 10_000)
    const beside = await measureLatency([b], 10)
    expect([alone.length, beside.length]).toEqual([10 * seconds, 10 * seconds])
    const left = (await scene.deliveries(a)).filter(({ state }) => state === 'pending').length
    for (const [name, times] of [
      ['alone', alone],
      ['beside', beside],
    ] as const)
      report(`| ${name} | p50 ${percentile(times, 0.5)} ms | p99 ${percentile(times, 0.99)} ms | n=${times.length} |`)
    report(`still waiting of the other: ${left}`)
  })
})
