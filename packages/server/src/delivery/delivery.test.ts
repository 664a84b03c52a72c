import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { storeMatches } from '../testing/stored-alerts.ts'
import { createTriggers } from '../triggers/triggers.ts'
import { createDelivery, type Delivery } from './delivery.ts'

let scene: DispatchScene
let acme: TestTenant
const metrics = createMetrics()

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

/** Delivery as a process runs it, for as long as `use` takes. */
async function withDelivery(use: (delivery: Delivery) => Promise<void>, database = scene.api.database): Promise<void> {
  const logger = createLogger({ level: 'silent' })
  const parts = { ...scene.api, database, clock: systemClock, logger, metrics }
  const triggers = createTriggers(parts).service
  const delivery = createDelivery({ ...parts, egress: scene.egress, triggers })
  delivery.start()
  try {
    await use(delivery)
  } finally {
    await delivery.stop()
  }
}

const alertOf = (txHash: string) => scene.receiver.waitFor(({ body }) => body.includes(txHash))

describe('delivery', () => {
  it('brings every committed match to its receiver once, also without being told of it', async () => {
    await withDelivery(async () => {
      const matches = await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', count: 20 })
      await Promise.all(matches.map(({ txHash }) => alertOf(txHash)))
    })
    expect(scene.requestsOf(acme)).toHaveLength(20)
    const states = (await scene.deliveries(acme)).map(({ state, attempt_count }) => `${state} ${attempt_count}`)
    expect([states.length, new Set(states)]).toEqual([20, new Set(['delivered 1'])])
  })

  it('goes on where it was stopped', async () => {
    const [match] = await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers' })
    await withDelivery(async (delivery) => delivery.wake())
    await withDelivery(async (delivery) => {
      delivery.wake()
      await alertOf(match?.txHash ?? '')
    })
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered', attempt_count: 1 }])
  })

  it('sends at once what a killed process had in flight on an embedded database, and on a server when the lease ends', async () => {
    await scene.storeDeliveries(acme)
    await scene.change(
      `state = 'sending', lease_id = gen_random_uuid(), lease_until = now() + interval '80 s', next_attempt_at = now() + interval '80 s'`,
    )
    await withDelivery(async () => {
      if (scene.api.database.kind === 'postgres') {
        // Another process may be sending it: that one goes first, however often this one looks.
        const [match] = await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', block: 2 })
        await alertOf(match?.txHash ?? '')
        expect(scene.requestsOf(acme)).toHaveLength(1)
        await scene.change(`lease_until = now(), next_attempt_at = now() where state = 'sending'`)
      }
      await expect
        .poll(() => scene.deliveries(acme))
        .toSatisfy((all: { state: string }[]) => all.every(({ state }) => state === 'delivered'))
    })
  })

  it('outlives a database that is away for a moment', async () => {
    let failures = 3
    const database: DispatchScene['api']['database'] = {
      ...scene.api.database,
      withPlatform: (fn) => {
        failures -= 1
        return failures >= 0 ? Promise.reject(new Error('away')) : scene.api.database.withPlatform(fn)
      },
    }
    const [match] = await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers' })
    await withDelivery(async () => {
      await alertOf(match?.txHash ?? '')
    }, database)
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered' }])
  })

  it('counts what it did: matches, attempts by outcome, dead deliveries, and the time to deliver', async () => {
    const sumOf = async (name: 'fanoutMatches' | 'deliveryAttempts' | 'deliveriesDead') =>
      (await metrics[name].get()).values.reduce((sum, { value }) => sum + value, 0)
    const before = await Promise.all([sumOf('fanoutMatches'), sumOf('deliveryAttempts'), sumOf('deliveriesDead')])
    let answers = 0
    scene.receiver.setBehaviour(() => ({ status: (answers += 1) === 1 ? 410 : 200 }))
    await withDelivery(async () => {
      const matches = await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', count: 2 })
      await Promise.all(matches.map(({ txHash }) => alertOf(txHash)))
    })
    const after = await Promise.all([sumOf('fanoutMatches'), sumOf('deliveryAttempts'), sumOf('deliveriesDead')])
    expect(after.map((value, index) => value - (before[index] ?? 0))).toEqual([2, 2, 1])
    expect((await scene.deliveries(acme)).map(({ state }) => state).toSorted()).toEqual(['dead', 'delivered'])
  })
})
