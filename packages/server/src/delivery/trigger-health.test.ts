import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { raiseNotice } from '../tenants/notice-store.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { createMaintenance } from './maintenance.ts'

const logger = createLogger({ level: 'silent' })
let scene: DispatchScene
let acme: TestTenant

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

const query = async <Row extends object>(text: string): Promise<Row[]> =>
  (await scene.api.test.admin.query<Row & Record<string, unknown>>(text)).rows
const post = (path: string, body?: object) =>
  scene.api.request('POST', `/tenants/acme${path}`, {
    token: acme.owner.token,
    ...(body === undefined ? {} : { body }),
  })
const notices = () =>
  query<{ kind: string; open: boolean }>('select kind, resolved_at is null as open from notices order by 1')
const countOf = async (state: string) => (await scene.deliveries(acme)).filter((row) => row.state === state).length
const passPause = () =>
  query(`update trigger_health set open_until = now() - interval '1 ms' where open_until is not null`)
const makeDue = () => scene.change(`next_attempt_at = now() where state = 'pending'`)

/** Sends one round of whatever is due. */
async function round(): Promise<void> {
  const dispatch = scene.createDispatch()
  await dispatch.startDue()
  await dispatch.settled()
}

describe('a trigger whose receiver fails', () => {
  it('is left alone after five failed rounds in a row, and then asked by one delivery at a time', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.storeDeliveries(acme, { count: 12 })
    await scene.sendAll(scene.createDispatch())
    const sent = scene.requestsOf(acme).length
    // Two were in flight together when the fifth failed.
    expect(sent).toBeGreaterThanOrEqual(5)
    expect(sent).toBeLessThanOrEqual(6)
    await makeDue()
    await round()
    expect(scene.requestsOf(acme)).toHaveLength(sent)
    await passPause()
    const dispatches = [scene.createDispatch(), scene.createDispatch()]
    for (const dispatch of dispatches) await dispatch.startDue()
    for (const dispatch of dispatches) await dispatch.settled()
    expect(scene.requestsOf(acme)).toHaveLength(sent + 1)
    expect(await countOf('pending')).toBe(12)
  })

  it('is told everything that waited as soon as one look succeeds, and its notice closes', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.storeDeliveries(acme, { count: 4 })
    for (let turn = 0; turn < 3; turn += 1) {
      await makeDue()
      await passPause()
      await scene.sendAll(scene.createDispatch())
    }
    expect(await notices()).toEqual([{ kind: 'endpoint_failing', open: true }])
    scene.receiver.setBehaviour(() => ({ status: 200 }))
    await query(`update deliveries set next_attempt_at = now() + interval '2 hours'`)
    await query(`update deliveries set next_attempt_at = now() where id = (select id from deliveries limit 1)`)
    await passPause()
    await scene.sendAll(scene.createDispatch())
    expect(await countOf('delivered')).toBe(4)
    expect(await notices()).toEqual([{ kind: 'endpoint_failing', open: false }])
    expect(await query('select * from trigger_health')).toEqual([])
  })

  it('is asked at once when its delivery is replayed', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.storeDeliveries(acme, { count: 6 })
    await scene.sendAll(scene.createDispatch())
    const [delivery] = await scene.deliveries(acme)
    scene.receiver.setBehaviour(() => ({ status: 200 }))
    expect((await post(`/deliveries/${delivery?.id}/replay`)).status).toBe(200)
    await scene.sendAll(scene.createDispatch())
    expect(await countOf('delivered')).toBe(6)
  })

  it('gives up deliveries whose 24 hours end while it is held back, without asking for each', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.storeDeliveries(acme, { count: 8 })
    await scene.sendAll(scene.createDispatch())
    const sent = scene.requestsOf(acme).length
    await scene.change(`give_up_at = now() - interval '1 second', next_attempt_at = now()`)
    const maintenance = createMaintenance({ ...scene.api, logger })
    await maintenance.endHeld()
    expect([await countOf('dead'), scene.requestsOf(acme).length]).toEqual([8, sent])
    expect((await notices()).map(({ kind }) => kind)).toEqual(['delivery_dead', 'endpoint_failing'])
  })

  it('is disabled after three days and a hundred attempts, and enabled by saving it; what waited can be replayed', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.storeDeliveries(acme, { count: 6 })
    await scene.sendAll(scene.createDispatch())
    await query(`update trigger_health set failing_since = now() - interval '3 days 1 minute', failed_attempts = 99`)
    await makeDue()
    await passPause()
    await round()
    expect((await notices()).map(({ kind }) => kind)).toEqual(['endpoint_failing', 'trigger_disabled'])
    expect(
      await query(`select actor_kind, actor_name, target_id, after ->> 'failed_attempts' as attempts
        from audit_events where action = 'trigger.disable'`),
    ).toEqual([{ actor_kind: 'system', actor_name: 'delivery', target_id: 'ops', attempts: '100' }])
    expect(
      (await scene.api.request('GET', '/tenants/acme/triggers/ops', { token: acme.owner.token })).json,
    ).toMatchObject({
      disabled_at: expect.any(String),
    })
    await createMaintenance({ ...scene.api, logger }).endHeld()
    expect(await countOf('dead')).toBe(6)
    const [delivery] = await scene.deliveries(acme)
    expect(delivery?.error_class).toBe('trigger_disabled')
    expect((await post(`/deliveries/${delivery?.id}/replay`)).status).toBe(409)
    expect((await post('/deliveries/replay', { state: 'dead' })).json).toEqual({ replayed: 0 })

    scene.receiver.setBehaviour(() => ({ status: 200 }))
    const saved = await scene.api.request('PATCH', '/tenants/acme/triggers/ops', { token: acme.owner.token, body: {} })
    expect([saved.status, saved.json.disabled_at]).toEqual([200, null])
    expect((await post('/deliveries/replay', { state: 'dead' })).json).toEqual({ replayed: 6 })
    await scene.sendAll(scene.createDispatch())
    expect(await countOf('delivered')).toBe(6)
    expect((await notices()).filter(({ open }) => open)).toEqual([])
  })
})

describe('a trigger that was disabled and is saved', () => {
  it('has its notices closed by the next alert that arrives, also when nothing is replayed', async () => {
    await query(`insert into trigger_health (tenant_id, trigger_id, error_class, disabled_at)
      select tenant_id, id, 'http_5xx', now() from triggers where tenant_id = '${acme.id}'`)
    await scene.api.database.withPlatform((tx) =>
      raiseNotice(tx, [acme.id], {
        kind: 'trigger_disabled',
        severity: 'critical',
        subject: { kind: 'trigger', id: 'ops' },
        message: 'Given up.',
      }),
    )
    await scene.api.request('PATCH', '/tenants/acme/triggers/ops', { token: acme.owner.token, body: {} })
    await scene.storeDeliveries(acme)
    await scene.sendAll(scene.createDispatch())
    expect(await countOf('delivered')).toBe(1)
    expect(await notices()).toEqual([{ kind: 'trigger_disabled', open: false }])
  })
})

describe('a receiver that answers 429', () => {
  it('is asked for nothing before the time that it names, by no delivery of the trigger', async () => {
    scene.receiver.setBehaviour(() => ({ status: 429, headers: { 'retry-after': '120' } }))
    await scene.storeDeliveries(acme, { count: 3 })
    await round()
    const sent = scene.requestsOf(acme).length
    await makeDue()
    await round()
    expect(scene.requestsOf(acme)).toHaveLength(sent)
    const [health] = await query<{ failed_rounds: number; pause: number }>(
      'select failed_rounds, extract(epoch from open_until - now())::float8 as pause from trigger_health',
    )
    expect(health?.failed_rounds).toBe(0)
    expect(health?.pause).toBeGreaterThan(110)
  })
})

describe('a receiver that refuses', () => {
  it.each([
    [404, 'dead'],
    [429, 'pending'],
    [425, 'pending'],
    [503, 'pending'],
  ])('with %i for 50 minutes leaves the delivery %s', async (status, state) => {
    scene.receiver.setBehaviour(() => ({ status }))
    await scene.storeDeliveries(acme)
    for (let turn = 0; turn < 8; turn += 1) {
      await makeDue()
      await passPause()
      await round()
    }
    expect(await scene.deliveries(acme)).toMatchObject([{ state, round: 8 }])
  })
})
