import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import type { Egress } from '../platform/egress/egress.ts'
import { createTenantKeys } from '../tenants/tenant-key-service.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { monitorBody, plainSecrets, rowsAsText, triggerBody } from '../testing/configuration-api.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { createEvent } from '../testing/event.ts'
import { hasServer } from '../testing/harness.ts'
import { storeMatches } from '../testing/stored-alerts.ts'
import { findMatch } from './match-store.ts'

let scene: DispatchScene
let acme: TestTenant
let globex: TestTenant

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
  globex = await scene.createTenant('globex', { retry_policy: undefined })
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

const expireLeases = () =>
  scene.change(`lease_until = now() - interval '1 ms', next_attempt_at = now() - interval '1 ms'`)

async function noticesOf(tenant: TestTenant) {
  const { rows } = await scene.api.test.admin.query<{ kind: string; subject_id: string; is_open: boolean }>(
    `select kind, subject_id, resolved_at is null as is_open from notices where tenant_id = $1 order by kind`,
    [tenant.id],
  )
  return rows
}

/** An egress that really sends, and holds the answer back until it is let go. */
function createHeldEgress(): Pick<Egress, 'request'> & { sent: Promise<void>; letGo: () => void } {
  const sent = createEvent()
  const gate = createEvent()
  return {
    sent: sent.happened,
    letGo: gate.happen,
    request: async (request) => {
      const response = await scene.egress.request(request)
      sent.happen()
      await gate.happened
      return response
    },
  }
}

describe('a due delivery', () => {
  it('is sent once, and its outcome, attempt and lease are recorded', async () => {
    await scene.storeDeliveries(acme)
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    const [delivery] = await scene.deliveries(acme)
    expect(scene.requestsOf(acme).map(({ method, headers }) => [method, headers['webhook-id']])).toEqual([
      ['POST', `msg_${delivery?.id.replaceAll('-', '')}`],
    ])
    expect(JSON.parse(scene.requestsOf(acme)[0]?.body ?? '')).toEqual({
      title: 'Monitor transfers',
      body: expect.stringMatching(/^0x/),
    })
    expect(delivery).toMatchObject({ state: 'delivered', error_class: null, attempt_count: 1, lease_id: null })
    expect(delivery?.attempts).toEqual([{ number: 1, outcome: 'delivered', http_status: 200, error_class: null }])
    expect(await dispatch.startDue()).toBe(0)
  })

  it('that is not due is left alone', async () => {
    await scene.storeDeliveries(acme)
    await scene.change(`next_attempt_at = now() + interval '1 minute'`)
    expect(await scene.createDispatch().startDue()).toBe(0)
  })

  it('of a suspended tenant waits until the tenant is active again', async () => {
    await scene.storeDeliveries(acme)
    const suspend = (state: string) =>
      scene.api.test.admin.query('update tenants set state = $2 where id = $1', [acme.id, state])
    await suspend('suspended')
    expect(await scene.createDispatch().startDue()).toBe(0)
    await suspend('active')
    await scene.sendAll(scene.createDispatch())
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered' }])
  })

  it('whose trigger was deleted, or whose block left the chain, is cancelled and not sent', async () => {
    await scene.storeDeliveries(acme)
    await scene.storeDeliveries(globex)
    await scene.api.test.admin.query('update triggers set is_active = false where tenant_id = $1', [acme.id])
    await scene.api.test.admin.query('update matches set orphaned_at = now() where tenant_id = $1', [globex.id])
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    await scene.api.test.admin.query('update triggers set is_active = true where tenant_id = $1', [acme.id])
    expect(await scene.deliveries(acme)).toMatchObject([
      { state: 'cancelled', error_class: 'trigger_deleted', attempts: [] },
    ])
    expect(await scene.deliveries(globex)).toMatchObject([
      { state: 'cancelled', error_class: 'match_orphaned', attempts: [] },
    ])
    expect(scene.receiver.requests).toEqual([])
  })

  it('of a digest says how many matches it stands for', async () => {
    await scene.storeDeliveries(acme, { count: 1_001 })
    await scene.sendAll(scene.createDispatch())
    expect(scene.requestsOf(acme).map(({ body }) => JSON.parse(body).body)).toEqual([
      expect.stringMatching(/^1001 matches of Monitor transfers in block 100, the first: 0x[0-9a-f]{64}$/),
    ])
  })
})

describe('a failed delivery', () => {
  it('is repeated at once as its policy says, with identical bytes, then waits 10 s', async () => {
    scene.receiver.setBehaviour(() => ({ status: 503, body: 'an answer that nobody keeps' }))
    await scene.storeDeliveries(globex)
    await scene.sendAll(scene.createDispatch())
    const [delivery] = await scene.deliveries(globex)
    expect(delivery).toMatchObject({
      state: 'pending',
      error_class: 'http_5xx',
      attempt_count: 4,
      round: 1,
      lease_id: null,
    })
    expect(delivery?.attempts).toEqual(
      [1, 2, 3, 4].map((number) => ({ number, outcome: 'failed', http_status: 503, error_class: 'http_5xx' })),
    )
    expect(delivery?.due_in_s).toBeGreaterThan(7)
    expect(delivery?.due_in_s).toBeLessThan(13)
    const bytes = scene
      .requestsOf(globex)
      .map(({ body, headers }) =>
        JSON.stringify([body, headers['webhook-id'], headers['x-signature'], headers['x-timestamp']]),
      )
    expect([bytes.length, new Set(bytes).size]).toEqual([4, 1])
  })

  it('keeps its id over the rounds and numbers its attempts on', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.storeDeliveries(acme)
    const dispatch = scene.createDispatch()
    for (let round = 0; round < 3; round += 1) {
      await scene.change('next_attempt_at = now()')
      await scene.sendAll(dispatch)
    }
    const [delivery] = await scene.deliveries(acme)
    expect(new Set(scene.requestsOf(acme).map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect([delivery?.round, delivery?.attempt_count, delivery?.attempts.map(({ number }) => number)]).toEqual([
      3,
      3,
      [1, 2, 3],
    ])
  })

  it('waits as long as the receiver asks for', async () => {
    scene.receiver.setBehaviour(() => ({ status: 429, headers: { 'retry-after': '600' } }))
    await scene.storeDeliveries(acme)
    await scene.sendAll(scene.createDispatch())
    const [delivery] = await scene.deliveries(acme)
    expect(delivery?.due_in_s).toBeGreaterThan(590)
    expect(delivery?.due_in_s).toBeLessThan(610)
  })

  it('is not redirected: a 3xx is a failure and its target never hears of it', async () => {
    scene.receiver.setBehaviour(() => ({ status: 307, headers: { location: `${scene.receiver.url}/elsewhere` } }))
    await scene.storeDeliveries(acme)
    await scene.sendAll(scene.createDispatch())
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'pending', error_class: 'http_3xx' }])
    expect(scene.receiver.requests.map(({ path }) => path.startsWith('/acme?'))).toEqual([true])
  })

  it('is dead at once after a 410, and a notice says so', async () => {
    scene.receiver.setBehaviour(() => ({ status: 410 }))
    await scene.storeDeliveries(acme)
    await scene.sendAll(scene.createDispatch())
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'dead', error_class: 'http_4xx', attempt_count: 1 }])
    expect(await noticesOf(acme)).toEqual([{ kind: 'delivery_dead', subject_id: 'ops', is_open: true }])
    expect(await noticesOf(globex)).toEqual([])
  })

  it('gets a last round when its 24 hours end, and is dead after it', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.storeDeliveries(acme)
    await scene.change(`round = 8, give_up_at = now() + interval '10 minutes'`)
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    const [waiting] = await scene.deliveries(acme)
    expect(waiting?.state).toBe('pending')
    expect(waiting?.due_in_s).toBeLessThan(601)
    await scene.change(`next_attempt_at = now(), give_up_at = now() - interval '1 ms'`)
    await scene.sendAll(dispatch)
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'dead', error_class: 'http_5xx', attempt_count: 2 }])
    expect((await noticesOf(acme)).map(({ kind }) => kind)).toEqual(['delivery_dead', 'endpoint_failing'])
  })

  it('is given up 24 hours after it was made, not earlier', async () => {
    await scene.storeDeliveries(acme)
    const { rows } = await scene.api.test.admin.query<{ hours: number }>(
      'select extract(epoch from give_up_at - created_at)::float8 / 3600 as hours from deliveries',
    )
    expect(rows).toEqual([{ hours: 24 }])
  })

  it('raises a notice after three rounds, which the next success closes', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.storeDeliveries(acme)
    const dispatch = scene.createDispatch()
    const runRound = async () => {
      await scene.change('next_attempt_at = now()')
      await scene.sendAll(dispatch)
    }
    await runRound()
    await runRound()
    expect(await noticesOf(acme)).toEqual([])
    await runRound()
    expect(await noticesOf(acme)).toEqual([{ kind: 'endpoint_failing', subject_id: 'ops', is_open: true }])
    scene.receiver.setBehaviour(() => ({ status: 200 }))
    await runRound()
    expect(await noticesOf(acme)).toEqual([{ kind: 'endpoint_failing', subject_id: 'ops', is_open: false }])
  })

  it('reads as unreachable when the receiver is not there', async () => {
    const lost = await scene.createTenant('lost', { url: { type: 'Plain', value: 'http://127.0.0.1:1/x' } })
    await scene.storeDeliveries(lost)
    await scene.sendAll(scene.createDispatch())
    expect(await scene.deliveries(lost)).toMatchObject([
      { state: 'pending', error_class: 'unreachable', attempt_count: 1 },
    ])
  })

  it('leaves no URL, secret, signature or answer in its rows, its notices or the log', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500, body: 'answer-s3cret' }))
    await scene.storeDeliveries(globex)
    await scene.change(`round = 5, give_up_at = now()`)
    await scene.sendAll(scene.createDispatch())
    const signature = scene.requestsOf(globex)[0]?.headers['x-signature'] ?? ''
    expect(signature).toHaveLength(64)
    const texts = [scene.logged()]
    for (const table of ['attempts', 'deliveries', 'notices']) texts.push(await rowsAsText(scene.api, table))
    for (const secret of [plainSecrets.hook, plainSecrets.signature, signature, 'answer-s3cret', scene.receiver.url]) {
      expect(texts.filter((text) => text.includes(secret))).toEqual([])
    }
  })
})

describe('the lease of a delivery', () => {
  it('keeps it from everybody else while it is being sent', async () => {
    const egress = createHeldEgress()
    await scene.storeDeliveries(acme)
    const [first, second] = [scene.createDispatch({ deps: { egress } }), scene.createDispatch()]
    expect(await first.startDue()).toBe(1)
    await egress.sent
    expect(await second.startDue()).toBe(0)
    egress.letGo()
    await first.settled()
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered', attempt_count: 1 }])
  })

  it('repeats it under the same id when it ends, and then only the new holder records', async () => {
    const egress = createHeldEgress()
    scene.receiver.setBehaviour(() => ({ status: scene.receiver.requests.length === 1 ? 500 : 200 }))
    await scene.storeDeliveries(acme)
    const [first, second] = [scene.createDispatch({ deps: { egress } }), scene.createDispatch()]
    await first.startDue()
    await egress.sent
    await expireLeases()
    expect(await second.startDue()).toBe(1)
    await second.settled()
    const recorded = await scene.deliveries(acme)
    egress.letGo()
    await first.settled()
    expect(recorded).toMatchObject([{ state: 'delivered', attempt_count: 1, attempts: [{ outcome: 'delivered' }] }])
    const now = await scene.deliveries(acme)
    expect(now.map((row) => ({ ...row, due_in_s: 0 }))).toEqual(recorded.map((row) => ({ ...row, due_in_s: 0 })))
    const ids = scene.requestsOf(acme).map(({ headers }) => headers['webhook-id'])
    expect([ids.length, new Set(ids).size]).toEqual([2, 1])
    expect(await noticesOf(acme)).toEqual([])
    expect(scene.logged()).toContain('a lease ended before its delivery was recorded')
  })

  it('is not taken from its new holder by an outcome that comes too late', async () => {
    const [early, late] = [createHeldEgress(), createHeldEgress()]
    await scene.storeDeliveries(acme)
    const [first, second] = [
      scene.createDispatch({ deps: { egress: early } }),
      scene.createDispatch({ deps: { egress: late } }),
    ]
    await first.startDue()
    await early.sent
    await expireLeases()
    await second.startDue()
    await late.sent
    early.letGo()
    await first.settled()
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'sending', attempt_count: 0, attempts: [] }])
    late.letGo()
    await second.settled()
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered', attempt_count: 1 }])
  })

  it('outlives a database that fails for a moment: the outcome is recorded afterwards', async () => {
    await scene.storeDeliveries(acme)
    let calls = 0
    const database: DispatchScene['api']['database'] = {
      ...scene.api.database,
      withPlatform: (fn) => {
        calls += 1
        return calls === 2 ? Promise.reject(new Error('the database is away')) : scene.api.database.withPlatform(fn)
      },
    }
    const dispatch = scene.createDispatch({ deps: { database } })
    await scene.sendAll(dispatch)
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered', attempt_count: 1 }])
    expect(scene.requestsOf(acme)).toHaveLength(1)
  })

  it('is given back when the process stops, with the attempts that were made and no wait', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    const tenant = await scene.createTenant('stopped', {
      retry_policy: {
        max_retries: 3,
        initial_backoff: { secs: 30, nanos: 0 },
        max_backoff: { secs: 30, nanos: 0 },
        jitter: 'none',
      },
    })
    await scene.storeDeliveries(tenant)
    const waiting = createEvent()
    const clock: typeof systemClock = {
      now: () => systemClock.now(),
      sleep: (delayMs, signal) => {
        waiting.happen()
        return systemClock.sleep(delayMs, signal)
      },
    }
    const dispatch = scene.createDispatch({ deps: { clock } })
    await dispatch.startDue()
    await waiting.happened
    await dispatch.stop()
    const [delivery] = await scene.deliveries(tenant)
    expect(delivery).toMatchObject({ state: 'pending', attempt_count: 1, round: 0, lease_id: null })
    expect(delivery?.due_in_s).toBeLessThanOrEqual(0)
    expect(await dispatch.startDue()).toBe(0)
  })

  it.skipIf(!hasServer())('lets no two of four dispatchers send the same delivery', async () => {
    await scene.storeDeliveries(acme, { count: 120 })
    await scene.storeDeliveries(globex, { count: 120 })
    const dispatchers = Array.from({ length: 4 }, () =>
      scene.createDispatch({ perTenantMax: 20, perTriggerMax: 20, perHostMax: 64 }),
    )
    await Promise.all(dispatchers.map((dispatch) => scene.sendAll(dispatch)))
    // One that found everything locked by the others has ended early.
    await scene.sendAll(scene.createDispatch())
    const ids = scene.receiver.requests.map(({ headers }) => headers['webhook-id'])
    expect([ids.length, new Set(ids).size]).toEqual([240, 240])
    const all = [...(await scene.deliveries(acme)), ...(await scene.deliveries(globex))]
    expect(all.filter(({ state, attempt_count }) => state !== 'delivered' || attempt_count !== 1)).toEqual([])
  })
})

describe('one tenant', () => {
  it('with a secret that cannot be opened does not stop the others, and its alert waits', async () => {
    await scene.storeDeliveries(acme)
    await scene.storeDeliveries(globex)
    const { rows } = await scene.api.test.admin.query<{ configuration: unknown }>(
      'select configuration from triggers where tenant_id = $1',
      [acme.id],
    )
    const setConfiguration = (configuration: unknown) =>
      scene.api.test.admin.query('update triggers set configuration = $2 where tenant_id = $1', [
        acme.id,
        JSON.stringify(configuration),
      ])
    const whole = rows[0]?.configuration as { config: { url: object } }
    await setConfiguration({
      ...whole,
      config: { ...whole.config, url: { ...whole.config.url, value: 'v1.1.broken' } },
    })
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    expect(await scene.deliveries(globex)).toMatchObject([{ state: 'delivered' }])
    expect(await scene.deliveries(acme)).toMatchObject([
      { state: 'pending', error_class: 'internal_error', attempt_count: 1 },
    ])
    await setConfiguration({ name: 'not a trigger' })
    await scene.change(`next_attempt_at = now()`)
    await scene.sendAll(dispatch)
    expect(await scene.deliveries(acme)).toMatchObject([
      { state: 'pending', error_class: 'internal_error', attempt_count: 2 },
    ])
    await setConfiguration(whole)
    await scene.change(`next_attempt_at = now()`)
    await scene.sendAll(dispatch)
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered', attempt_count: 3 }])
  })

  it('without a data key does not stop the others', async () => {
    const keyless = await scene.createTenant('keyless')
    await scene.storeDeliveries(keyless)
    await scene.storeDeliveries(acme)
    await scene.api.test.admin.query('delete from tenant_keys where tenant_id = $1', [keyless.id])
    await scene.sendAll(scene.createDispatch({ deps: { tenantKeys: createTenantKeys(scene.api) } }))
    expect(await scene.deliveries(acme)).toMatchObject([{ state: 'delivered' }])
    expect(await scene.deliveries(keyless)).toMatchObject([{ state: 'pending', error_class: 'internal_error' }])
  })

  it('whose stored transaction is missing or broken does not stop the others', async () => {
    await scene.storeDeliveries(acme, { block: 1 })
    await scene.storeDeliveries(acme, { block: 2, change: { item: [] } })
    await scene.storeDeliveries(globex, { block: 3 })
    await scene.api.test.admin.query('delete from chain_items where block_number = 1')
    await scene.sendAll(scene.createDispatch())
    expect((await scene.deliveries(acme)).map(({ error_class }) => error_class)).toEqual([
      'internal_error',
      'internal_error',
    ])
    expect(await scene.deliveries(globex)).toMatchObject([{ state: 'delivered' }])
  })

  it('with 1,200 due deliveries at a slow receiver does not delay another', async () => {
    scene.receiver.setBehaviour(({ path }) => ({ status: 200, ...(path.startsWith('/acme') ? { delayMs: 300 } : {}) }))
    for (const block of [1, 2]) await scene.storeDeliveries(acme, { count: 600, block })
    await scene.change(`next_attempt_at = now() - interval '1 hour'`)
    await scene.storeDeliveries(globex)
    const dispatch = scene.createDispatch({ perTenantMax: 4, perTriggerMax: 2 })
    // The first look sees the oldest 1,000 only; while acme is at its cap its deliveries are left out of the next one.
    await dispatch.startDue()
    await dispatch.startDue()
    await scene.receiver.waitFor(({ path }) => path.startsWith('/globex'), { timeoutMs: 5_000 })
    expect(scene.requestsOf(acme).length).toBeLessThanOrEqual(2)
    await dispatch.stop()
  })

  it('at a receiver that is not there takes no room while its failure is kept back', async () => {
    const url = { type: 'Plain', value: 'http://10.0.0.1/' }
    const umbra = await scene.createTenant('umbra', { url, retry_policy: { max_retries: 1 } })
    const { token } = umbra.owner
    const spare = { url: { type: 'Plain', value: `${scene.receiver.url}/umbra?spare` } }
    const post = (path: string, body: object) => scene.api.request('POST', `/tenants/umbra${path}`, { token, body })
    expect((await post('/triggers', triggerBody('spare', spare))).status).toBe(201)
    expect((await post('/monitors', monitorBody('other', { triggers: ['spare'] }))).status).toBe(201)
    await scene.storeDeliveries(umbra, { count: 2 })
    const pads: number[] = []
    const clock = {
      ...scene.api.clock,
      sleep: (delayMs: number, signal?: AbortSignal) => {
        pads.push(delayMs)
        return systemClock.sleep(60_000, signal)
      },
    }
    const dispatch = scene.createDispatch({ inFlightMax: 1, perTenantMax: 1, deps: { clock } })
    await dispatch.startDue()
    await expect.poll(() => pads.length).toBe(1)
    expect(pads[0]).toBeGreaterThan(9_000)
    await storeMatches(scene.api, { tenant: umbra, monitorId: 'other', block: 2 })
    await scene.fanOut()
    await scene.storeDeliveries(globex)
    for (let turn = 0; turn < 20 && scene.receiver.requests.length < 2; turn += 1) {
      await dispatch.startDue()
      await expect.poll(() => scene.receiver.requests.length + pads.length).toBeGreaterThan(turn + 1)
    }
    expect(scene.receiver.requests.map(({ path }) => path).toSorted()).toEqual(
      [`/globex?key=${plainSecrets.hook}`, '/umbra?spare'].toSorted(),
    )
    const lookMs = Date.now()
    await dispatch.stop()
    expect(Date.now() - lookMs).toBeLessThan(5_000)
    // What waited for nothing but its time is recorded at once.
    expect((await scene.deliveries(umbra)).filter(({ state }) => state === 'sending')).toEqual([])
  })

  it.skipIf(!hasServer())('with 10,000 waiting deliveries that are older does not delay another', async () => {
    for (let block = 1; block <= 10; block += 1) await scene.storeDeliveries(acme, { count: 1_000, block })
    await scene.change(`next_attempt_at = now() - interval '1 hour'`)
    await scene.storeDeliveries(globex)
    const dispatch = scene.createDispatch({ inFlightMax: 3 })
    expect(await dispatch.startDue()).toBe(3)
    await dispatch.settled()
    expect([scene.requestsOf(acme).length, scene.requestsOf(globex).length]).toEqual([2, 1])
  })

  it('never has more requests in flight than its cap, its trigger’s or its host’s', async () => {
    let [inFlight, most] = [0, 0]
    const egress: Pick<Egress, 'request'> = {
      request: async (request) => {
        inFlight += 1
        most = Math.max(most, inFlight)
        try {
          return await scene.egress.request(request)
        } finally {
          inFlight -= 1
        }
      },
    }
    const mostWith = async (caps: object) => {
      await scene.clear()
      await scene.storeDeliveries(acme, { count: 12 })
      most = 0
      // Those that found no room at their host come back a moment later.
      const dispatch = scene.createDispatch({ perTenantMax: 8, perTriggerMax: 8, ...caps, deps: { egress } })
      while (scene.requestsOf(acme).length < 12) {
        await scene.change('next_attempt_at = least(next_attempt_at, now())')
        await scene.sendAll(dispatch)
      }
      expect((await scene.deliveries(acme)).filter(({ state }) => state !== 'delivered')).toEqual([])
      return most
    }
    expect(await mostWith({ perTenantMax: 3 })).toBeLessThanOrEqual(3)
    expect(await mostWith({ perTriggerMax: 2 })).toBeLessThanOrEqual(2)
    expect(await mostWith({ perHostMax: 1 })).toBe(1)
    expect(await mostWith({ inFlightMax: 1 })).toBe(1)
  })

  it('shares the room with others turn by turn', async () => {
    await scene.storeDeliveries(acme, { count: 10 })
    await scene.change(`next_attempt_at = now() - interval '1 hour'`)
    await scene.storeDeliveries(globex, { count: 2 })
    const dispatch = scene.createDispatch({ inFlightMax: 4, perTenantMax: 4, perTriggerMax: 4 })
    await dispatch.startDue()
    await dispatch.settled()
    expect([scene.requestsOf(acme).length, scene.requestsOf(globex).length]).toEqual([2, 2])
  })
})

describe('an alert of a shared network', () => {
  it('links to the explorer that its operator named', async () => {
    const initech = await scene.createTenant('initech', { message: { title: 't', body: '${explorer.link}' } })
    await scene.api.test.admin.query(
      `with source as (insert into chain_sources (id, kind, lease_key) values (gen_random_uuid(), 'shared', 's') returning id)
       insert into shared_networks (network_id, source_id, configuration, explorer_url, content_hash)
       select 'shared_evm', id, '{"name": "Shared", "network_type": "EVM"}', 'https://scan.example/', '' from source`,
    )
    const body = monitorBody('shared', { networks: ['shared_evm'] })
    const saved = await scene.api.request('POST', '/tenants/initech/monitors', { token: initech.owner.token, body })
    expect(saved.status).toBe(201)
    const [match] = await storeMatches(scene.api, { tenant: initech, monitorId: 'shared' })
    await scene.fanOut()
    await scene.sendAll(scene.createDispatch())
    const [sent] = scene.requestsOf(initech)
    expect(JSON.parse(sent?.body ?? '{}')).toMatchObject({ body: `https://scan.example/tx/${match?.txHash}` })
    const found = await scene.api.database.withTenant(initech.id, { readOnly: true }, (tx) =>
      findMatch(tx, initech.id, match?.id ?? ''),
    )
    expect(found?.explorerUrl).toBe('https://scan.example/')
  })
})
