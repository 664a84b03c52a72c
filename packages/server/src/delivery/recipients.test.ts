import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RecipientStates } from '../triggers/channels/recipient-states.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import type { Attempt } from './attempt.ts'
import { claim, type ClaimedDelivery } from './claim.ts'
import type { Outcome } from './outcome.ts'
import { createOutcomeWriter, type OutcomeWriter } from './outcome-writer.ts'
import { createTenantPicker } from './tenant-picker.ts'

let scene: DispatchScene
let acme: TestTenant
let writer: OutcomeWriter

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
  writer = createOutcomeWriter({ ...scene.api, random: () => 0.5 })
})
afterAll(() => scene.close())
beforeEach(async () => {
  await scene.clear()
  await scene.storeDeliveries(acme)
})

async function claimOne(): Promise<ClaimedDelivery> {
  await scene.change(`next_attempt_at = now() where state = 'pending'`)
  const [claimed] = await claim(scene.api, {
    leaseId: scene.api.ids.uuid(),
    leaseMs: 60_000,
    limit: 1,
    perTenantMax: 1,
    perTriggerMax: 1,
    perTenantShare: 1,
    spare: 0,
    roomOf: () => 1,
    admits: () => true,
    inFlight: new Map(),
    busyTriggers: [],
    heldTriggers: [],
    picker: createTenantPicker({ random: () => 0.5 }),
  })
  if (claimed === undefined) throw new Error('nothing is due')
  return claimed
}

const attempt = (errorClass: string | null, more: Partial<Attempt> = {}): Attempt => ({
  startedAt: new Date(),
  latencyMs: 5,
  httpStatus: null,
  errorClass,
  ...more,
})
const some: RecipientStates = { 'a@acme.example': 'accepted' }
const mixed: RecipientStates = { ...some, 'b@acme.example': 'refused' }

/** A mail that some took and somebody else is refused for now. */
const refusedForNow = (recipients: RecipientStates = some): Outcome => ({
  kind: 'failed',
  recipients,
  errorClass: 'smtp_4xx',
  retryAfterMs: 0,
  attempts: [attempt('smtp_4xx', { isPartly: true, arrival: 'unknown' })],
})
const refusedForGood = (recipients: RecipientStates = mixed): Outcome => ({
  kind: 'delivered',
  recipients,
  sent: undefined,
  attempts: [attempt('recipients_refused', { isDelivered: true })],
})
const delivered: Outcome = { kind: 'delivered', sent: undefined, attempts: [attempt(null)] }

const get = async (path: string) =>
  (await scene.api.request('GET', `/tenants/acme${path}`, { token: acme.owner.token })).json
const openNotices = async (): Promise<{ kind: string; occurrences: number; data: object }[]> =>
  (await get('/notices')).items.filter(
    ({ resolved_at: resolvedAt }: { resolved_at: string | null }) => resolvedAt === null,
  )
const health = async () => (await scene.api.test.admin.query('select * from trigger_health')).rows

describe('a delivery that some recipients accepted', () => {
  it('remembers them for its next round, also when the process stops, and not for a replay', async () => {
    await writer.record(await claimOne(), refusedForNow())
    expect((await get('/deliveries')).items[0]).toMatchObject({
      state: 'pending',
      error_class: 'smtp_4xx',
      recipients: { accepted: 1, refused: 0 },
    })
    const again = await claimOne()
    expect(again.content.recipients).toEqual(some)
    await writer.record(again, { kind: 'returned', recipients: mixed, delayMs: 0, attempts: [attempt('smtp_4xx')] })
    const last = await claimOne()
    expect(last.content.recipients).toEqual(mixed)
    await writer.record(last, refusedForGood())
    const { id } = (await get('/deliveries')).items[0]
    const path = `/tenants/acme/deliveries/${id}/replay`
    const replayed = await scene.api.request('POST', path, { token: acme.owner.token })
    expect([replayed.status, replayed.json.recipients]).toEqual([200, null])
    expect((await claimOne()).content.recipients).toBeNull()
  })

  it('ends delivered when the rest is refused for good: shown, and told once for all alerts', async () => {
    for (let block = 2; block < 4; block += 1) {
      await writer.record(await claimOne(), refusedForGood())
      await scene.storeDeliveries(acme, { block })
    }
    const { items } = await get('/deliveries')
    const ended = items.filter(({ state }: { state: string }) => state === 'delivered')
    expect(ended).toMatchObject([{ error_class: 'recipients_refused', recipients: { accepted: 1, refused: 1 } }, {}])
    expect((await get(`/deliveries/${ended[0].id}`)).attempts).toMatchObject([
      { outcome: 'delivered', error_class: 'recipients_refused' },
    ])
    expect(await openNotices()).toMatchObject([
      { kind: 'recipients_refused', occurrences: 2, data: { refused: ['b@acme.example'] } },
    ])
    // Everybody takes the next one.
    await writer.record(await claimOne(), delivered)
    expect(await openNotices()).toEqual([])
  })

  it('does not count against its trigger, however often the others are refused for now; that is told', async () => {
    for (let round = 0; round < 7; round += 1) await writer.record(await claimOne(), refusedForNow())
    expect(await health()).toEqual([])
    expect((await openNotices()).map(({ kind }) => kind)).toEqual(['recipients_refused'])
  })

  it('is retracted when its block leaves the chain: it may have been told', async () => {
    await writer.record(await claimOne(), refusedForNow())
    const { rows } = await scene.api.test.admin.query('select maybe_told from deliveries')
    expect(rows).toEqual([{ maybe_told: true }])
  })
})
