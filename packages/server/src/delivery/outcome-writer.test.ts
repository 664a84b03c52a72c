import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestTenant } from '../testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { runInRequest } from '../tenants/request-context.ts'
import { claim, type ClaimedDelivery } from './claim.ts'
import type { Outcome } from './outcome.ts'
import { createOutcomeWriter } from './outcome-writer.ts'
import { createTenantPicker } from './tenant-picker.ts'

let scene: DispatchScene
let acme: TestTenant

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

async function claimAll(each: number, tenants: readonly TestTenant[] = [acme]): Promise<ClaimedDelivery[]> {
  const count = each * tenants.length
  for (const tenant of tenants) await scene.storeDeliveries(tenant, { count: each })
  const claimed = await claim(scene.api, {
    leaseId: scene.api.ids.uuid(),
    leaseMs: 60_000,
    limit: count,
    perTenantMax: count,
    perTriggerMax: count,
    perTenantShare: count,
    spare: 0,
    roomOf: () => count,
    admits: () => true,
    inFlight: new Map(),
    busyTriggers: [],
    heldTriggers: [],
    picker: createTenantPicker({ random: () => 0.5 }),
  })
  expect(claimed).toHaveLength(count)
  return claimed
}

const delivered = (): Outcome => ({
  kind: 'delivered',
  sent: undefined,
  attempts: [{ startedAt: new Date(), latencyMs: 5, httpStatus: 200, errorClass: null }],
})

/** The writer, and how many transactions it has made. */
function createWriter({ failing = [] }: { failing?: number[] } = {}) {
  let transactions = 0
  const withPlatform: DispatchScene['api']['database']['withPlatform'] = (fn) => {
    transactions += 1
    if (failing.includes(transactions)) return Promise.reject(new Error('the database is away'))
    return scene.api.database.withPlatform(fn)
  }
  const { clock, metrics } = scene.api
  const writer = createOutcomeWriter({ database: { withPlatform }, clock, metrics, random: () => 0.5 })
  return { ...writer, transactions: () => transactions }
}

const statesOf = async () =>
  (await scene.deliveries(acme)).map(({ state, attempt_count: attempts, lease_id: lease }) => [state, attempts, lease])

describe('outcomes that come while another is being written', () => {
  it('are written together, each with its attempts', async () => {
    const writer = createWriter()
    const [first, ...others] = await claimAll(6)
    const answers = await Promise.all([first!, ...others].map((claimed) => writer.record(claimed, delivered())))
    expect(answers).toEqual([true, true, true, true, true, true])
    expect(writer.transactions()).toBe(2)
    expect(await statesOf()).toEqual(answers.map(() => ['delivered', 1, null]))
    for (const { attempts } of await scene.deliveries(acme))
      expect(attempts).toEqual([{ number: 1, outcome: 'delivered', http_status: 200, error_class: null }])
  })

  it('are those of their own tenants, whoever’s request the batch was begun in', async () => {
    const other = await scene.createTenant('other')
    const writer = createWriter()
    const claimed = await claimAll(3, [acme, other])
    const actor = { kind: 'api_key', id: 'key', name: 'key' } as const
    await Promise.all(
      claimed.map((one) =>
        runInRequest({ tenant: { id: other.id, slug: 'other' }, actor, requestId: 'r' }, () =>
          writer.record(one, delivered()),
        ),
      ),
    )
    expect(writer.transactions()).toBeLessThan(claimed.length)
    for (const tenant of [acme, other]) {
      const states = (await scene.deliveries(tenant)).map(({ state, attempts }) => [state, attempts.length])
      expect(states).toEqual([1, 2, 3].map(() => ['delivered', 1]))
    }
    const { rows } = await scene.api.test.admin.query<{ n: number }>(
      `select count(*)::int as n from attempts a join deliveries d on d.id = a.delivery_id where d.tenant_id <> a.tenant_id`,
    )
    expect(rows).toEqual([{ n: 0 }])
  })

  it('are given back together', async () => {
    const writer = createWriter()
    const outcome: Outcome = { kind: 'returned', attempts: [], delayMs: 500 }
    await Promise.all((await claimAll(4)).map((claimed) => writer.record(claimed, outcome)))
    expect(writer.transactions()).toBe(2)
    const rows = await scene.deliveries(acme)
    expect(rows.map(({ state, round, lease_id: lease }) => [state, round, lease])).toEqual(
      rows.map(() => ['pending', 0, null]),
    )
    for (const { due_in_s: dueInS } of rows) expect(dueInS).toBeLessThanOrEqual(0.5)
  })

  it('do not write what somebody else holds by now, and take back what left the chain', async () => {
    const writer = createWriter()
    const claimed = await claimAll(5)
    const [, lost, orphaned] = claimed
    const change = (set: string, one: ClaimedDelivery | undefined) =>
      scene.api.test.admin.query(`update deliveries set ${set} where id = $1`, [one?.delivery.id])
    await change('lease_id = gen_random_uuid()', lost)
    await change('orphaned_at = now()', orphaned)
    expect(await Promise.all(claimed.map((one) => writer.record(one, delivered())))).toEqual([
      true,
      false,
      true,
      true,
      true,
    ])
    const rows = await scene.deliveries(acme)
    expect(rows.find(({ id }) => id === lost?.delivery.id)).toMatchObject({ state: 'sending', attempt_count: 0 })
    expect(rows.filter(({ state }) => state === 'delivered')).toHaveLength(4)
    const { rows: retractions } = await scene.api.test.admin.query(
      `select retracts from deliveries where kind = 'retraction'`,
    )
    expect(retractions).toEqual([{ retracts: orphaned?.delivery.id }])
  })

  it('are written one by one when they cannot be together, and only what fails then is said to have failed', async () => {
    const writer = createWriter({ failing: [2, 4] })
    const answers = await Promise.allSettled((await claimAll(4)).map((one) => writer.record(one, delivered())))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect((await statesOf()).filter(([state]) => state === 'delivered')).toHaveLength(3)
  })
})
