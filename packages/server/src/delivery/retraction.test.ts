import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../platform/db/tx.ts'
import { EgressError } from '../platform/egress/egress-error.ts'
import type { Egress } from '../platform/egress/egress.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { hasServer } from '../testing/harness.ts'
import { createFanOut } from './fan-out.ts'
import { retractAlerts } from './retraction-store.ts'

let scene: DispatchScene
let acme: TestTenant

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

/** What a rollback of the only source does with the alerts of these blocks. */
const orphan = (...blocks: number[]) =>
  scene.api.database.withPlatform(async (tx) => {
    const chosen = sql`block_number = any (${blocks}::bigint[])`
    await tx.execute(sql`update matches set orphaned_at = now() where orphaned_at is null and ${chosen}`)
    const rows = await tx.rows(sql<{ sourceId: string; hash: string }>`
      select distinct source_id as "sourceId", block_hash as hash from matches where ${chosen}`)
    return retractAlerts(tx, { sourceId: rows[0]?.sourceId ?? '', blockHashes: rows.map(({ hash }) => hash) })
  })

/** What a commit does with a match whose block is part of the chain again. */
async function revive(): Promise<void> {
  await scene.api.test.admin.query(
    `update matches set orphaned_at = null, incarnation = incarnation + 1, fanout_state = 'pending'`,
  )
  await fanOutAll()
}

async function fanOutAll(): Promise<void> {
  const fanOut = createFanOut(scene.api)
  while ((await fanOut.runBatch()).matches > 0);
}

async function deliveries() {
  const { rows } = await scene.api.test.admin.query<{
    kind: string
    state: string
    incarnation: number
    error_class: string | null
  }>(
    `select kind, state, incarnation, error_class from deliveries
     order by incarnation, case kind when 'retraction' then 1 else 0 end`,
  )
  return rows.map(({ kind, state, incarnation, error_class: error }) =>
    [incarnation, kind, state, ...(error === null ? [] : [error])].join(' '),
  )
}

const received = () =>
  scene.requestsOf(acme).map(({ headers, body }) => ({
    id: headers['webhook-id'] ?? '',
    incarnation: headers['webhook-incarnation'],
    body: JSON.parse(body) as Record<string, unknown>,
  }))

/** Something that happens once. */
function createEvent(): { happened: Promise<void>; happen: () => void } {
  let happen = (): void => undefined
  const happened = new Promise<void>((resolve) => {
    happen = resolve
  })
  return { happened, happen }
}

/** Sends each request when it is let go; says when the first has come. */
function createHeldEgress(status = 200): Pick<Egress, 'request'> & { sent: Promise<void>; letGo: () => void } {
  const sent = createEvent()
  const gate = createEvent()
  return {
    sent: sent.happened,
    letGo: gate.happen,
    request: async (request) => {
      const response = await scene.egress.request(request)
      sent.happen()
      await gate.happened
      return { ...response, status }
    },
  }
}

const expireLeases = () =>
  scene.change(
    `lease_until = now() - interval '1 ms', next_attempt_at = now() - interval '1 ms' where state = 'sending'`,
  )

describe('an alert whose block leaves the chain', () => {
  it('that was delivered is retracted, once, under an id that names it', async () => {
    await scene.storeDeliveries(acme)
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    expect(await orphan(100)).toEqual([acme.id])
    expect(await orphan(100)).toEqual([])
    expect(await deliveries()).toEqual(['1 alert delivered', '1 retraction pending'])
    await scene.sendAll(dispatch)
    expect(await deliveries()).toEqual(['1 alert delivered', '1 retraction delivered'])
    const [alert, retraction, ...others] = received()
    expect(others).toEqual([])
    expect(alert?.incarnation).toBeUndefined()
    expect(retraction).toEqual({
      id: `${alert?.id}.retracted`,
      incarnation: '1',
      body: {
        ...alert?.body,
        title: `Retracted: ${String(alert?.body['title'])}`,
        retracted: true,
        retracts: alert?.id,
      },
    })
  })

  it('that waits is cancelled, and nobody hears of it', async () => {
    await scene.storeDeliveries(acme)
    expect(await orphan(100)).toEqual([])
    await scene.sendAll(scene.createDispatch())
    expect(await deliveries()).toEqual(['1 alert cancelled match_orphaned'])
    expect(received()).toEqual([])
  })

  it('that nobody accepted is cancelled, and not retracted', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await scene.storeDeliveries(acme)
    await scene.sendAll(scene.createDispatch())
    expect(await orphan(100)).toEqual([])
    expect(await deliveries()).toEqual(['1 alert cancelled match_orphaned'])
  })

  it('that may have arrived although no answer came is retracted', async () => {
    const lost = new EgressError('timeout', 'request')
    const egress = { request: () => Promise.reject(lost) }
    await scene.storeDeliveries(acme)
    await scene.sendAll(scene.createDispatch({ deps: { egress } }))
    expect(await orphan(100)).toEqual([acme.id])
    expect(await deliveries()).toEqual(['1 alert cancelled match_orphaned', '1 retraction pending'])
  })

  it('that never reached its receiver is not retracted', async () => {
    const unreachable = new EgressError('timeout', 'connect')
    await scene.storeDeliveries(acme)
    await scene.sendAll(scene.createDispatch({ deps: { egress: { request: () => Promise.reject(unreachable) } } }))
    expect(await orphan(100)).toEqual([])
    expect(await deliveries()).toEqual(['1 alert cancelled match_orphaned'])
  })

  it('that is not fanned out yet makes no delivery', async () => {
    await scene.storeDeliveries(acme)
    await scene.api.test.admin.query('delete from deliveries')
    await scene.api.test.admin.query(`update matches set fanout_state = 'pending'`)
    await orphan(100)
    await fanOutAll()
    expect(await deliveries()).toEqual([])
  })

  it('leaves alerts of other blocks alone', async () => {
    await scene.storeDeliveries(acme, { block: 99 })
    await scene.storeDeliveries(acme, { block: 100 })
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    await orphan(100)
    await scene.sendAll(dispatch)
    expect(received()).toHaveLength(3)
    expect((await deliveries()).filter((text) => text.includes('retraction'))).toHaveLength(1)
  })

  it('that stood for many matches is retracted as one', async () => {
    await scene.storeDeliveries(acme, { count: 1_001 })
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    await orphan(100)
    await scene.sendAll(dispatch)
    const [digest, retraction, ...others] = received()
    expect(others).toEqual([])
    expect(retraction?.id).toBe(`${digest?.id}.retracted`)
    expect(retraction?.body['body']).toBe(digest?.body['body'])
    expect(retraction?.body['retracted']).toBe(true)
  })

  it('is retracted to nobody when its trigger was deleted', async () => {
    const gone = await scene.createTenant('gone')
    await scene.storeDeliveries(gone)
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    await orphan(100)
    await scene.api.test.admin.query('update triggers set is_active = false where tenant_id = $1', [gone.id])
    await scene.sendAll(dispatch)
    expect(await deliveries()).toEqual(['1 alert delivered', '1 retraction cancelled trigger_deleted'])
  })

  it('that is replayed has been told all the same', async () => {
    await scene.storeDeliveries(acme)
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    const [delivery] = await scene.deliveries(acme)
    const replay = () =>
      scene.api.request('POST', `/tenants/acme/deliveries/${delivery?.id}/replay`, { token: acme.owner.token })
    expect((await replay()).status).toBe(200)
    expect(await orphan(100)).toEqual([acme.id])
    expect(await deliveries()).toEqual(['1 alert cancelled match_orphaned', '1 retraction pending'])
    expect((await replay()).status).toBe(409)
  })

  it('retries its retraction like any alert, with the same id and bytes', async () => {
    await scene.storeDeliveries(acme)
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    await orphan(100)
    scene.receiver.setBehaviour(() => ({ status: 503 }))
    await scene.sendAll(dispatch)
    scene.receiver.setBehaviour(() => ({ status: 200 }))
    await scene.change(`next_attempt_at = now() where state = 'pending'`)
    await scene.sendAll(dispatch)
    expect(await deliveries()).toEqual(['1 alert delivered', '1 retraction delivered'])
    const [, first, second] = received()
    expect(second).toEqual(first)
  })

  it('is shown through the API with its retraction and its id', async () => {
    await scene.storeDeliveries(acme)
    await scene.sendAll(scene.createDispatch())
    await orphan(100)
    const get = (path: string) => scene.api.request('GET', `/tenants/acme${path}`, { token: acme.owner.token })
    const { json } = await get('/deliveries')
    const [retraction, alert] = json.items
    expect(retraction).toMatchObject({
      kind: 'retraction',
      incarnation: 1,
      webhook_id: `${alert.webhook_id}.retracted`,
    })
    const countOf = async (query: string) => (await get(`/matches${query}`)).json.items.length
    expect([await countOf(''), await countOf('?orphaned=true'), await countOf('?orphaned=false')]).toEqual([1, 1, 0])
    expect((await get('/matches?orphaned=maybe')).status).toBe(400)
  })
})

describe('an alert that is being sent while its block leaves the chain', () => {
  it('is retracted when it arrives', async () => {
    await scene.storeDeliveries(acme)
    const egress = createHeldEgress()
    const dispatch = scene.createDispatch({ deps: { egress } })
    await dispatch.startDue()
    await egress.sent
    expect(await orphan(100)).toEqual([])
    expect(await deliveries()).toEqual(['1 alert sending'])
    egress.letGo()
    await dispatch.settled()
    expect(await deliveries()).toEqual(['1 alert delivered', '1 retraction pending'])
    await scene.sendAll(scene.createDispatch())
    expect(received().map(({ id }) => id.endsWith('.retracted'))).toEqual([false, true])
    const { rows } = await scene.api.test.admin.query('select kind, subject_id from notices')
    expect(rows).toEqual([{ kind: 'chain_reorganised', subject_id: 'acme_evm' }])
  })

  it.each([500, 410])('is cancelled instead of repeated or dead when the receiver answers %i', async (status) => {
    await scene.storeDeliveries(acme)
    const egress = createHeldEgress(status)
    const dispatch = scene.createDispatch({ deps: { egress } })
    await dispatch.startDue()
    await egress.sent
    await orphan(100)
    egress.letGo()
    await dispatch.settled()
    expect(await deliveries()).toEqual(['1 alert cancelled match_orphaned'])
  })

  it('by a process that dies is retracted, since the receiver may have it', async () => {
    await scene.storeDeliveries(acme)
    const egress = createHeldEgress()
    const dying = scene.createDispatch({ deps: { egress } })
    await dying.startDue()
    await egress.sent
    await orphan(100)
    await expireLeases()
    await scene.sendAll(scene.createDispatch())
    expect(await deliveries()).toEqual(['1 alert cancelled match_orphaned', '1 retraction delivered'])
    egress.letGo()
    await dying.settled()
    expect(await deliveries()).toEqual(['1 alert cancelled match_orphaned', '1 retraction delivered'])
    expect(received().map(({ id }) => id.endsWith('.retracted'))).toEqual([false, true])
  })

  it.skipIf(!hasServer())('is retracted once, whichever transaction comes first', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 15; round += 1) {
      await scene.clear()
      await scene.storeDeliveries(acme, { count: 8 })
      const dispatches = [1, 2].map(() => scene.createDispatch({ perTriggerMax: 4 }))
      const sending = Promise.all(dispatches.map((dispatch) => scene.sendAll(dispatch)))
      await scene.receiver.waitFor(() => scene.receiver.requests.length > round % 8)
      await orphan(100)
      await sending
      await scene.sendAll(scene.createDispatch())
      const ids = received().map(({ id }) => id)
      const told = ids.filter((id) => !id.endsWith('.retracted'))
      const retracted = ids.filter((id) => id.endsWith('.retracted'))
      expect(retracted.toSorted()).toEqual(told.map((id) => `${id}.retracted`).toSorted())
    }
  })
})

describe('an alert whose block returns to the chain', () => {
  it('is told again under another id, as its next incarnation, after it was retracted', async () => {
    await scene.storeDeliveries(acme)
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    await orphan(100)
    await revive()
    await scene.sendAll(dispatch)
    expect(await deliveries()).toEqual(['1 alert delivered', '1 retraction delivered', '2 alert delivered'])
    const [first, retraction, second, ...others] = received()
    expect(others).toEqual([])
    expect(retraction?.id).toBe(`${first?.id}.retracted`)
    expect(second).toMatchObject({ incarnation: '2', body: first?.body })
    expect(second?.id).not.toBe(first?.id)
    await orphan(100)
    await scene.sendAll(dispatch)
    expect(received().at(-1)).toMatchObject({ id: `${second?.id}.retracted`, incarnation: '2' })
    expect(received()).toHaveLength(4)
  })

  it('waits for a retraction that is due, but not for one that has failed', async () => {
    await scene.storeDeliveries(acme)
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    await orphan(100)
    await revive()
    scene.receiver.setBehaviour(({ body }) => ({ status: body.includes('retracted') ? 400 : 200 }))
    expect(await dispatch.startDue()).toBe(1)
    await dispatch.settled()
    expect(await deliveries()).toEqual(['1 alert delivered', '1 retraction pending http_4xx', '2 alert pending'])
    await scene.sendAll(dispatch)
    expect(await deliveries()).toEqual(['1 alert delivered', '1 retraction pending http_4xx', '2 alert delivered'])
  })

  it('while it is still being sent is told again only after that and its retraction', async () => {
    await scene.storeDeliveries(acme)
    const egress = createHeldEgress()
    const slow = scene.createDispatch({ deps: { egress } })
    await slow.startDue()
    await egress.sent
    await orphan(100)
    await revive()
    const dispatch = scene.createDispatch()
    expect(await dispatch.startDue()).toBe(0)
    egress.letGo()
    await slow.settled()
    await scene.sendAll(dispatch)
    expect(received().map(({ id, incarnation }) => [id.endsWith('.retracted'), incarnation])).toEqual([
      [false, undefined],
      [true, '1'],
      [false, '2'],
    ])
  })

  it('that was never told is told once', async () => {
    await scene.storeDeliveries(acme)
    await orphan(100)
    await revive()
    await scene.sendAll(scene.createDispatch())
    expect(await deliveries()).toEqual(['1 alert cancelled match_orphaned', '2 alert delivered'])
    expect(received()).toHaveLength(1)
  })
})
