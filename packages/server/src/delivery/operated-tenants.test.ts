import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import type { TestTenant, TestUser } from '../testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { createMaintenance } from './maintenance.ts'

let scene: DispatchScene
let operator: TestUser
let acme: TestTenant
let globex: TestTenant

beforeAll(async () => {
  scene = await startDispatchScene()
  operator = await scene.api.addOperator()
  acme = await scene.createTenant('acme')
  globex = await scene.createTenant('globex')
})
beforeEach(() => scene.clear())
afterAll(() => scene.close())

async function operate(method: string, path: string, body: unknown): Promise<void> {
  const reply = await scene.api.request(method, `/operator${path}`, { token: operator.token, body })
  if (reply.status >= 300) throw new Error(reply.text)
}

const limits = {
  max_monitors: 10,
  max_networks: 5,
  max_triggers_per_monitor: 10,
  max_rpc_requests_per_minute: 1000,
  max_storage_mb: 1000,
}

describe('the turns of a plan', () => {
  it('decide how the room is shared while both wait: 2 to 1 within 10 percent, from the change on', async () => {
    await operate('PUT', '/plans/double', { limits, delivery_weight: 1 })
    await operate('PATCH', '/tenants/acme', { plan: 'double' })
    for (const tenant of [acme, globex]) await scene.storeDeliveries(tenant, { count: 150 })
    const dispatch = scene.createDispatch({ inFlightMax: 3 })
    /** How many of the next requests are acme's. */
    const shareOf = async (requests: number) => {
      scene.receiver.requests.length = 0
      while (scene.receiver.requests.length < requests) {
        await dispatch.startDue()
        await dispatch.settled()
      }
      return scene.requestsOf(acme).length / scene.receiver.requests.length
    }
    expect(Math.abs((await shareOf(60)) / (1 / 2) - 1)).toBeLessThan(0.1)
    await operate('PUT', '/plans/double', { limits, delivery_weight: 2 })
    expect(Math.abs((await shareOf(120)) / (2 / 3) - 1)).toBeLessThan(0.1)
  })
})

describe('the deliveries of a suspended tenant', () => {
  const suspend = (isSuspended: boolean) =>
    operate('PATCH', '/tenants/acme', isSuspended ? { suspended: true, reason: 'Abuse' } : { suspended: false })

  it('are held and lost by none: afterwards each has its whole time again, and is sent', async () => {
    await scene.storeDeliveries(acme, { count: 5 })
    await suspend(true)
    const dispatch = scene.createDispatch()
    expect(await dispatch.startDue()).toBe(0)
    // A suspension of weeks.
    await scene.change(`give_up_at = now() - interval '20 days'`)
    scene.receiver.setBehaviour(() => ({ status: 503 }))
    await suspend(false)
    expect(await dispatch.startDue()).toBeGreaterThan(0)
    await dispatch.settled()
    const { rows } = await scene.api.test.admin.query<{ state: string; hours: number }>(
      'select state, extract(epoch from give_up_at - now())::float8 / 3600 as hours from deliveries',
    )
    expect(rows.map(({ state }) => state)).toEqual(Array(5).fill('pending'))
    for (const { hours } of rows) expect(hours).toBeGreaterThan(23.9)
    scene.receiver.setBehaviour(() => ({ status: 200 }))
    await scene.change('next_attempt_at = now()')
    await scene.api.test.admin.query('delete from trigger_health')
    await scene.sendAll(scene.createDispatch())
    expect((await scene.deliveries(acme)).map(({ state }) => state)).toEqual(Array(5).fill('delivered'))
  })

  it('call nobody out of bed: what is held on purpose is not the oldest unfinished work', async () => {
    const metrics = createMetrics()
    const logger = createLogger({ level: 'silent' })
    const maintenance = createMaintenance({ ...scene.api, logger, metrics })
    const measured = async () => {
      await maintenance.measure()
      return (await metrics.oldestPendingDelivery.get()).values[0]?.value ?? Number.NaN
    }
    await scene.storeDeliveries(acme)
    await scene.change(`give_up_at = now() + interval '24 hours' - interval '200 seconds'`)
    expect(Math.round((await measured()) / 10)).toBe(20)
    await suspend(true)
    expect(await measured()).toBe(0)
    await suspend(false)
  })
})
