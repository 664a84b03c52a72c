import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestTenant } from '../testing/api-harness.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { createEvent } from '../testing/event.ts'
import { hasServer } from '../testing/harness.ts'
import { retractAlerts } from './retraction-store.ts'

let scene: DispatchScene
let acme: TestTenant

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

const query = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await scene.api.test.admin.query<Row & Record<string, unknown>>(text, values)).rows
const statesOf = async (): Promise<Record<string, number>> => {
  const rows = await query<{ what: string; n: number }>(
    `select kind || ' ' || state as what, count(*)::int as n from deliveries group by 1`,
  )
  return Object.fromEntries(rows.map(({ what, n }) => [what, n]))
}
const bodies = () => scene.requestsOf(acme).map(({ body }) => String((JSON.parse(body) as { body: string }).body))
const endPause = async () => {
  await query(`update trigger_health set open_until = now() - interval '1 ms'`)
  await scene.change(`next_attempt_at = now() where state = 'pending'`)
}

async function limit(): Promise<void> {
  scene.receiver.setBehaviour(() => ({ status: 429, headers: { 'retry-after': '30' } }))
  await scene.sendAll(scene.createDispatch({ perTriggerMax: 1 }))
  scene.receiver.requests.length = 0
  scene.receiver.setBehaviour(() => ({ status: 200 }))
}

/** What a rollback does to deliveries: the matches of the block are orphaned first. */
async function orphan(block: number): Promise<string[]> {
  const rows = await query<{ source_id: string; block_hash: string }>(
    'update matches set orphaned_at = now() where block_number = $1 returning source_id, block_hash',
    [block],
  )
  const [first] = rows
  if (first === undefined) throw new Error('no match in that block')
  return scene.api.database.withPlatform((tx) =>
    retractAlerts(tx, { sourceId: first.source_id, blockHashes: [first.block_hash] }),
  )
}

describe('alerts that wait for a receiver that answers 429', () => {
  it('become one digest with their number, and none is lost', async () => {
    await scene.storeDeliveries(acme, { count: 1_000 })
    await limit()
    expect(await statesOf()).toEqual({ 'alert digested': 1_000, 'digest pending': 1 })
    await endPause()
    await scene.sendAll(scene.createDispatch({ deps: { publicUrl: 'https://smt.example/' } }))
    expect(await statesOf()).toEqual({ 'alert digested': 1_000, 'digest delivered': 1 })
    expect(bodies()).toEqual([
      expect.stringMatching(
        /^1000 matches of Monitor transfers while this receiver had no room \(https:\/\/smt\.example\/api\/v1\/tenants\/acme\/deliveries\?trigger=ops&state=digested\), the first in block 100: 0x[0-9a-f]{64}$/,
      ),
    ])
    const { token } = acme.owner
    const list = (filter: string) => scene.api.request('GET', `/tenants/acme/deliveries?${filter}&limit=1`, { token })
    const [digest] = (await list('state=delivered')).json.items
    expect(digest).toMatchObject({ kind: 'digest', digest_id: null })
    expect((await list('state=digested')).json.items).toMatchObject([{ kind: 'alert', digest_id: digest.id }])
  })

  it('stay single when they are no more than twenty', async () => {
    await scene.storeDeliveries(acme, { count: 20 })
    await limit()
    expect(await statesOf()).toEqual({ 'alert pending': 20 })
    await endPause()
    await scene.sendAll(scene.createDispatch())
    expect(await statesOf()).toEqual({ 'alert delivered': 20 })
  })

  it('of critical severity are told singly, before the digest of the others', async () => {
    await scene.storeDeliveries(acme, { count: 40 })
    await query(
      `update deliveries set is_urgent = true where id in (select id from deliveries order by id desc limit 3)`,
    )
    await limit()
    expect(await statesOf()).toEqual({ 'alert digested': 37, 'alert pending': 3, 'digest pending': 1 })
    await endPause()
    await scene.sendAll(scene.createDispatch({ perTriggerMax: 1 }))
    expect(bodies().map((body) => body.startsWith('37 matches'))).toEqual([false, false, false, true])
  })

  it('are urgent when the match is critical', async () => {
    await query(`update monitors set severity = 'critical' where monitor_id = 'transfers'`)
    await scene.storeDeliveries(acme)
    await query(`update monitors set severity = 'medium' where monitor_id = 'transfers'`)
    await scene.storeDeliveries(acme, { block: 101 })
    expect(await query('select is_urgent from deliveries order by created_at, id')).toEqual([
      { is_urgent: true },
      { is_urgent: false },
    ])
  })
})

describe('a digest whose block leaves the chain in part', () => {
  const storeTwoBlocks = async () => {
    for (const block of [100, 101]) await scene.storeDeliveries(acme, { count: 15, block })
    await limit()
    expect(await statesOf()).toEqual({ 'alert digested': 30, 'digest pending': 1 })
  }

  it('tells the rest when it waits', async () => {
    await storeTwoBlocks()
    expect(await orphan(101)).toEqual([])
    await endPause()
    await scene.sendAll(scene.createDispatch())
    expect(bodies()).toEqual([expect.stringMatching(/^15 matches of /)])
  })

  it('is dissolved when its first alert is gone, and the rest waits again', async () => {
    await storeTwoBlocks()
    expect(await orphan(100)).toEqual([])
    expect(await statesOf()).toEqual({ 'alert digested': 15, 'alert pending': 15, 'digest cancelled': 1 })
    await endPause()
    await scene.sendAll(scene.createDispatch())
    expect(bodies()).toHaveLength(15)
  })

  it('that was told is answered by one retraction of that block, and by another when the rest leaves', async () => {
    await storeTwoBlocks()
    await endPause()
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    const digestId = String(scene.requestsOf(acme)[0]?.headers['webhook-id'])
    expect(await orphan(100)).toEqual([acme.id])
    expect(await orphan(100)).toEqual([])
    await scene.sendAll(dispatch)
    expect(await orphan(101)).toEqual([acme.id])
    await scene.sendAll(dispatch)
    expect(await statesOf()).toEqual({ 'alert digested': 30, 'digest delivered': 1, 'retraction delivered': 2 })
    const retractions = scene.requestsOf(acme).slice(1)
    const ids = retractions.map(({ headers }) => String(headers['webhook-id']))
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(new RegExp(`^${digestId}\\.retracted\\.[0-9a-f]{32}$`))
    const told = retractions.map(({ body }) => JSON.parse(body) as Record<string, string>)
    expect(told.map(({ retracts }) => retracts)).toEqual([digestId, digestId])
    expect(told.map(({ body }) => body?.slice(0, 34))).toEqual([
      '15 matches of Monitor transfers wh',
      '15 matches of Monitor transfers wh',
    ])
    const { json } = await scene.api.request('GET', '/tenants/acme/deliveries', { token: acme.owner.token })
    const shown = (json.items as { kind: string; webhook_id: string }[]).filter(({ kind }) => kind === 'retraction')
    expect(shown.map(({ webhook_id: id }) => id).toSorted()).toEqual(ids.toSorted())
  })

  it('whose alerts were retracted one by one by an earlier version retracts none of them again', async () => {
    await storeTwoBlocks()
    await endPause()
    await scene.sendAll(scene.createDispatch())
    await query(`
      insert into deliveries (tenant_id, match_at, match_id, monitor_id, trigger_id, incarnation, kind, retracts)
      select d.tenant_id, d.match_at, d.match_id, d.monitor_id, d.trigger_id, d.incarnation, 'retraction', d.digest_id
      from deliveries d join matches m on m.id = d.match_id where d.state = 'digested' and m.block_number = 100`)
    expect(await orphan(100)).toEqual([])
    expect((await statesOf())['retraction pending']).toBe(15)
  })

  it('has its retraction before any of its alerts is told again', async () => {
    await storeTwoBlocks()
    await endPause()
    const dispatch = scene.createDispatch({ perTriggerMax: 1 })
    await scene.sendAll(dispatch)
    await orphan(100)
    await query(
      `update matches set orphaned_at = null, incarnation = 2, fanout_state = 'pending' where block_number = 100`,
    )
    await scene.fanOut()
    scene.receiver.requests.length = 0
    // The new alerts come first in every other respect.
    await scene.change(`next_attempt_at = now() - interval '1 hour' where incarnation = 2`)
    await scene.sendAll(dispatch)
    const kinds = scene.requestsOf(acme).map(({ body }) => body.includes('"retracted":true'))
    expect(kinds).toEqual([true, ...Array.from({ length: 15 }, () => false)])
  })

  it.skipIf(!hasServer())('while its outcome is being recorded waits for that, and neither for ever', async () => {
    await storeTwoBlocks()
    await endPause()
    const [written, going] = [createEvent(), createEvent()]
    const [sent, answer] = [createEvent(), createEvent()]
    let isSent = false
    // The outcome stops between the row of the digest and those of its alerts.
    const database: DispatchScene['api']['database'] = {
      ...scene.api.database,
      withPlatform: (fn) =>
        scene.api.database.withPlatform((tx) =>
          fn({
            ...tx,
            row: async (statement) => {
              const row = await tx.row(statement)
              if (!isSent) return row
              written.happen()
              await going.happened
              return row
            },
          }),
        ),
    }
    const request: DispatchScene['egress']['request'] = async (asked) => {
      const response = await scene.egress.request(asked)
      sent.happen()
      await answer.happened
      isSent = true
      return response
    }
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    const dispatch = scene.createDispatch({ deps: { database, egress: { request } } })
    expect(await dispatch.startDue()).toBe(1)
    await sent.happened
    // The first alert of the digest is gone: given up, it is dissolved.
    await orphan(100)
    answer.happen()
    await written.happened
    const rollback = orphan(101)
    const isBlocked = async () =>
      (await query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
        .length > 0
    while (!(await isBlocked()));
    going.happen()
    expect(await rollback).toEqual([])
    await dispatch.settled()
    expect(scene.logged()).not.toContain('could not be recorded')
    expect(await statesOf()).toEqual({ 'alert cancelled': 15, 'alert digested': 15, 'digest cancelled': 1 })
  })
})
