import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import { monitorBody, plainSecrets, triggerBody } from '../testing/configuration-api.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { storeMatches } from '../testing/stored-alerts.ts'
import { createFanOut } from './fan-out.ts'

let scene: DispatchScene
let acme: TestTenant
let globex: TestTenant
const nobody = '018f0000-0000-7000-8000-00000000000a'

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
  globex = await scene.createTenant('globex')
  await must(call('POST', '/triggers', { body: triggerBody('second') }))
  await must(call('POST', '/monitors', { body: monitorBody('other', { triggers: ['second'] }) }))
  await must(call('PATCH', '/monitors/other', { body: { severity: 'critical' } }))
})
afterAll(() => scene.close())

function call(method: string, path: string, options: TestRequest = {}, tenant = acme): Promise<TestReply> {
  return scene.api.request(method, `/tenants/${tenant.slug}${path}`, { token: tenant.owner.token, ...options })
}

async function must(reply: Promise<TestReply>): Promise<TestReply> {
  const { status, text } = await reply
  if (status >= 300) throw new Error(text)
  return reply
}

type Item = { id: string; state: string; monitor_id: string; trigger_id: string; created_at: string; tx_hash: string }
const items = async (path: string, query?: string, tenant = acme): Promise<Item[]> =>
  (await must(call('GET', path, query === undefined ? {} : { query }, tenant))).json.items

/** All pages of a list, `limit` items at a time. */
async function walk(path: string, limit: number): Promise<Item[][]> {
  const pages: Item[][] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = `limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`
    const { json }: TestReply = await must(call('GET', path, { query }))
    pages.push(json.items)
    cursor = json.next_cursor
  }
  return pages
}

async function auditOf(tenant: TestTenant): Promise<{ action: string; target: string; detail: string }[]> {
  const { rows } = await scene.api.test.admin.query<{ action: string; target: string; detail: string }>(
    `select action, target_id as target, e::text as detail from audit_events e
     where tenant_id = $1 and action = 'delivery.replay' order by created_at`,
    [tenant.id],
  )
  return rows
}

describe('the list of matches', () => {
  beforeAll(async () => {
    await scene.clear()
    await storeMatches(scene.api, {
      tenant: acme,
      monitorId: 'transfers',
      count: 3,
      block: 1,
      createdAt: `'2026-01-01T10:00:00.000001Z'`,
    })
    await storeMatches(scene.api, {
      tenant: acme,
      monitorId: 'other',
      count: 2,
      block: 2,
      createdAt: `'2026-01-02T23:59:59.999999Z'`,
    })
    await storeMatches(scene.api, { tenant: globex, monitorId: 'transfers', count: 4, block: 3 })
  })

  it('shows a tenant its own, newest first', async () => {
    const own = await items('/matches')
    expect(own.map(({ monitor_id }) => monitor_id)).toEqual(['other', 'other', 'transfers', 'transfers', 'transfers'])
    expect(await items('/matches', undefined, globex)).toHaveLength(4)
    expect(own[0]).toMatchObject({
      monitor_version: 2,
      network_id: 'acme_evm',
      block_number: 2,
      severity: 'critical',
      orphaned_at: null,
      matched_on: { events: [{ signature: 'Transfer(address,address,uint256)', expression: null }] },
    })
  })

  it('gives each match on exactly one page, also when many have the same time', async () => {
    const pages = await walk('/matches', 2)
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
    expect(pages.flat()).toEqual(await items('/matches'))
  })

  it.each([
    ['monitor=other', 2],
    ['monitor=unknown', 0],
    ['network=acme_evm', 5],
    ['network=other', 0],
    ['severity=critical', 2],
    ['severity=low', 0],
    ['since=2026-01-02T00:00:00Z', 2],
    ['until=2026-01-01T10:00:00.000001Z', 0],
    ['until=2026-01-01T10:00:00.000002Z', 3],
    ['since=2026-01-01T12:00:00%2B02:00&until=2026-01-02T00:00:00Z', 3],
    ['monitor=transfers&severity=critical', 0],
  ])('is narrowed by %s to %d', async (query, count) => {
    expect(await items('/matches', query)).toHaveLength(count)
  })

  it('finds a transaction by its hash in any letter case', async () => {
    const [match] = await items('/matches', 'monitor=transfers')
    for (const hash of [match!.tx_hash, match!.tx_hash.toUpperCase()]) {
      expect((await items('/matches', `tx_hash=${hash}`)).map(({ id }) => id)).toEqual([match!.id])
    }
  })

  it('counts per monitor and day in UTC, narrowed by the same filters', async () => {
    const counts = [
      { monitor_id: 'other', day: '2026-01-02', count: 2 },
      { monitor_id: 'transfers', day: '2026-01-01', count: 3 },
    ]
    expect(await items('/matches/counts')).toEqual(counts)
    expect(await items('/matches/counts', 'monitor=transfers')).toEqual(counts.slice(1))
    expect((await call('GET', '/matches/counts', {}, globex)).json.items).toMatchObject([
      { monitor_id: 'transfers', count: 4 },
    ])
  })

  it.each([
    'cursor=x',
    'cursor=WzEsMl0',
    'limit=0',
    'limit=201',
    'since=yesterday',
    'since=2026-01-01T00:00:00%2B19:19',
    'until=0000-01-01T00:00:00Z',
    'severity=huge',
  ])('answers 400 for %s', async (query) => {
    expect((await call('GET', '/matches', { query })).status).toBe(400)
  })
})

describe('a match', () => {
  it('is read with its match object, from the transaction that was stored', async () => {
    await scene.clear()
    const change = {
      item: { transaction: { hash: '0x1', extra: 'a\u0000b' }, logs: [], receipt: { status: '0x1' } },
      withReceipt: true,
    }
    const [match] = await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', change })
    const { json } = await must(call('GET', `/matches/${match!.id}`))
    expect(json).toMatchObject({
      id: match!.id,
      match: {
        EVM: {
          network_slug: 'acme_evm',
          transaction: { extra: 'a\u0000b' },
          receipt: { status: '0x1' },
          matched_on_args: { functions: null },
        },
      },
    })
  })

  it('of another tenant, of nobody or of no id at all is 404, and says the same', async () => {
    const [match] = await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', block: 7 })
    const texts = new Set<string>()
    for (const id of [match!.id, nobody, 'x', '%00']) {
      const reply = await call('GET', `/matches/${id}`, {}, globex)
      if (id !== '%00') texts.add(JSON.stringify({ ...reply.json, request_id: '' }))
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(reply.status).toBeLessThan(500)
    }
    expect([...texts].map((text) => JSON.parse(text).status)).toEqual([404])
  })

  it('shares its transaction with other tenants, and shows each its own match alone', async () => {
    const [mine] = await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', block: 8 })
    const [theirs] = await storeMatches(scene.api, { tenant: globex, monitorId: 'transfers', block: 8 })
    const replies = [
      await must(call('GET', `/matches/${mine!.id}`)),
      await must(call('GET', `/matches/${theirs!.id}`, {}, globex)),
    ]
    expect(replies.map(({ json }) => json.match.EVM.transaction.hash)).toEqual([mine!.txHash, mine!.txHash])
  })
})

describe('the list of deliveries', () => {
  beforeAll(async () => {
    await scene.clear()
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', count: 3, block: 1 })
    await storeMatches(scene.api, { tenant: acme, monitorId: 'other', count: 2, block: 2 })
    await storeMatches(scene.api, { tenant: globex, monitorId: 'transfers', block: 3 })
    while ((await createFanOut(scene.api).runBatch()).matches > 0);
    await scene.api.test.admin.query(
      `update deliveries d set state = 'dead', error_class = 'http_5xx', finished_at = now()
       from triggers t where t.id = d.trigger_id and t.trigger_id = 'second'`,
    )
  })

  it.each([
    ['state=dead', 2],
    ['state=pending', 3],
    ['state=delivered', 0],
    ['trigger=second', 2],
    ['trigger=unknown', 0],
    ['monitor=transfers', 3],
    ['monitor=transfers&state=dead', 0],
    [`match=${nobody}`, 0],
  ])('is narrowed by %s to %d', async (query, count) => {
    expect(await items('/deliveries', query)).toHaveLength(count)
  })

  it('finds the deliveries of a match', async () => {
    const [match] = await items('/matches', 'monitor=other')
    expect(await items('/deliveries', `match=${match!.id}`)).toMatchObject([
      { match_id: match!.id, trigger_id: 'second' },
    ])
  })

  it('gives each delivery on exactly one page', async () => {
    const pages = await walk('/deliveries', 2)
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
    expect(pages.flat()).toEqual(await items('/deliveries'))
    expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(5)
  })

  it('says when a delivery is tried next, and when it is given up, while it is not finished', async () => {
    const [pending] = await items('/deliveries', 'state=pending')
    const [dead] = await items('/deliveries', 'state=dead')
    expect(pending).toMatchObject({
      next_attempt_at: expect.any(String),
      give_up_at: expect.any(String),
      finished_at: null,
      error_class: null,
    })
    expect(dead).toMatchObject({
      next_attempt_at: null,
      give_up_at: null,
      finished_at: expect.any(String),
      error_class: 'http_5xx',
    })
  })

  it.each(['state=lost', 'match=x', 'cursor=WzEsMl0'])('answers 400 for %s', async (query) => {
    expect((await call('GET', '/deliveries', { query })).status).toBe(400)
  })
})

describe('a delivery', () => {
  it('is read with its attempts, which hold no secret', async () => {
    await scene.clear()
    scene.receiver.setBehaviour(() => ({ status: 500, body: 'answer-s3cret' }))
    await scene.storeDeliveries(acme)
    await scene.sendAll(scene.createDispatch())
    const [delivery] = await items('/deliveries')
    const { json, text } = await must(call('GET', `/deliveries/${delivery!.id}`))
    expect(json).toMatchObject({
      webhook_id: scene.requestsOf(acme)[0]?.headers['webhook-id'],
      state: 'pending',
      attempt_count: 1,
      attempts: [{ number: 1, outcome: 'failed', http_status: 500, error_class: 'http_5xx' }],
    })
    for (const secret of [plainSecrets.hook, plainSecrets.signature, 'answer-s3cret', scene.receiver.url])
      expect(text).not.toContain(secret)
  })

  it('of another tenant is 404, to be read and to be replayed, and stays as it was', async () => {
    const [delivery] = await items('/deliveries')
    const replies = [
      await call('GET', `/deliveries/${delivery!.id}`, {}, globex),
      await call('POST', `/deliveries/${delivery!.id}/replay`, {}, globex),
      await call('GET', `/deliveries/${nobody}`),
      await call('POST', '/deliveries/x/replay'),
    ]
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    expect(await items('/deliveries')).toEqual([delivery])
    expect(await auditOf(globex)).toEqual([])
  })
})

describe('a replay', () => {
  it('sends a dead delivery again under its id, with 24 hours ahead, audits it and closes its notice', async () => {
    await scene.clear()
    scene.receiver.setBehaviour(() => ({ status: 410 }))
    await scene.storeDeliveries(acme)
    const dispatch = scene.createDispatch()
    await scene.sendAll(dispatch)
    await scene.change(`give_up_at = now() - interval '3 days'`)
    const [dead] = await items('/deliveries', 'state=dead')
    const { json } = await must(call('POST', `/deliveries/${dead!.id}/replay`))
    expect(json).toMatchObject({
      state: 'pending',
      replay_count: 1,
      attempt_count: 1,
      error_class: null,
      finished_at: null,
    })
    expect(Date.parse(json.give_up_at) - Date.now()).toBeGreaterThan(23 * 3_600_000)
    scene.receiver.setBehaviour(() => ({ status: 200 }))
    await scene.sendAll(dispatch)
    const after = (await must(call('GET', `/deliveries/${dead!.id}`))).json
    expect(after).toMatchObject({
      state: 'delivered',
      attempts: [
        { number: 1, http_status: 410 },
        { number: 2, http_status: 200 },
      ],
    })
    expect(new Set(scene.requestsOf(acme).map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(await auditOf(acme)).toMatchObject([{ target: dead!.id }])
    const { rows } = await scene.api.test.admin.query('select kind from notices where resolved_at is null')
    expect(rows).toEqual([])
  })

  it('of a delivered one sends it once more', async () => {
    const [delivered] = await items('/deliveries', 'state=delivered')
    await must(call('POST', `/deliveries/${delivered!.id}/replay`))
    const before = scene.requestsOf(acme).length
    await scene.sendAll(scene.createDispatch())
    expect(scene.requestsOf(acme).length).toBe(before + 1)
  })

  it.each(['sending', 'cancelled', 'digested', 'filtered'])('of a delivery that is %s is 409', async (state) => {
    await scene.change(`state = '${state}'`)
    const [delivery] = await items('/deliveries')
    const reply = await call('POST', `/deliveries/${delivery!.id}/replay`)
    expect([reply.status, reply.json.code]).toEqual([409, 'conflict'])
    expect(await items('/deliveries')).toMatchObject([{ state }])
  })

  it('is made once under an Idempotency-Key', async () => {
    await scene.change(`state = 'dead'`)
    const [delivery] = await items('/deliveries')
    const headers = { 'idempotency-key': 'replay-once' }
    const replies = [
      await call('POST', `/deliveries/${delivery!.id}/replay`, { headers }),
      await call('POST', `/deliveries/${delivery!.id}/replay`, { headers }),
    ]
    expect(replies.map(({ json }) => json.replay_count)).toEqual([
      replies[0]?.json.replay_count,
      replies[0]?.json.replay_count,
    ])
    expect(replies[1]?.headers['idempotency-replayed']).toBe('true')
  })

  it('of many takes the dead ones that fit, audited with its filter, and no other tenant’s', async () => {
    await scene.clear()
    await storeMatches(scene.api, { tenant: acme, monitorId: 'transfers', count: 3, block: 1 })
    await storeMatches(scene.api, { tenant: acme, monitorId: 'other', count: 2, block: 2 })
    await storeMatches(scene.api, { tenant: globex, monitorId: 'transfers', count: 2, block: 3 })
    while ((await createFanOut(scene.api).runBatch()).matches > 0);
    await scene.change(`state = 'dead', finished_at = now()`)
    const replay = async (body: object) =>
      (await must(call('POST', '/deliveries/replay', { body: { state: 'dead', ...body } }))).json.replayed
    expect(await replay({ until: '2020-01-01T00:00:00Z' })).toBe(0)
    expect(await replay({ trigger_id: 'unknown' })).toBe(0)
    expect(await replay({ monitor_id: 'other', trigger_id: 'ops' })).toBe(0)
    expect(await replay({ trigger_id: 'second', since: '2020-01-01T00:00:00Z' })).toBe(2)
    expect(await replay({})).toBe(3)
    expect(await replay({})).toBe(0)
    expect(await items('/deliveries', 'state=dead', globex)).toHaveLength(2)
    const audited = (await auditOf(acme)).filter(({ target }) => target === '*')
    expect(audited).toHaveLength(6)
    expect(audited[3]?.detail).toMatch(/second/)
    expect(audited[3]?.detail).toMatch(/replayed/)
  })

  it('of many passes over deliveries whose trigger was deleted, and one of those is 409', async () => {
    await scene.change(`state = 'dead'`)
    await scene.api.test.admin.query(
      `update triggers set is_active = false where tenant_id = $1 and trigger_id = 'second'`,
      [acme.id],
    )
    const [gone] = await items('/deliveries', 'trigger=second')
    expect((await call('POST', `/deliveries/${gone!.id}/replay`)).status).toBe(409)
    expect((await must(call('POST', '/deliveries/replay', { body: { state: 'dead' } }))).json.replayed).toBe(3)
  })

  it('of many is refused for any other state', async () => {
    expect((await call('POST', '/deliveries/replay', { body: { state: 'delivered' } })).status).toBe(422)
    expect((await call('POST', '/deliveries/replay', { body: {} })).status).toBe(422)
  })

  it('is for admins and owners; a viewer and a member may only read', async () => {
    const [delivery] = await items('/deliveries')
    for (const role of ['viewer', 'member'] as const) {
      const { token } = await scene.api.addUser(acme, role)
      expect((await call('GET', '/deliveries', { token })).status).toBe(200)
      expect((await call('POST', `/deliveries/${delivery!.id}/replay`, { token })).status).toBe(403)
      expect((await call('POST', '/deliveries/replay', { token, body: { state: 'dead' } })).status).toBe(403)
    }
  })
})
