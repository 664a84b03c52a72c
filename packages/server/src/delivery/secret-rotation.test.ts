import { createHmac } from 'node:crypto'
import type { ReceivedRequest } from '@smt/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { SecretError } from '../platform/secrets.ts'
import { raiseNotice } from '../tenants/notice-store.ts'
import type { TestReply, TestTenant } from '../testing/api-harness.ts'
import { problemsIn, rowsAsText } from '../testing/configuration-api.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import { createMaintenance } from './maintenance.ts'
import { createNoticeSender } from './notice-sender.ts'

let scene: DispatchScene
let acme: TestTenant
let block = 0

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
})
afterAll(() => scene.close())
beforeEach(async () => {
  await scene.clear()
  await save({ secret: null }, { previous_secret_valid_s: null })
})

const plain = (value: string) => ({ type: 'Plain', value })
const mask = plain('••••••••')
const path = '/tenants/acme/triggers/ops'
const read = () => scene.api.request('GET', path, { token: acme.owner.token })
const write = (body: object): Promise<TestReply> => scene.api.request('PATCH', path, { token: acme.owner.token, body })
const save = (config: object, extensions: object = {}) => write({ configuration: { config }, extensions })
const useSecret = (secret: string, extensions?: object) => save({ secret: plain(secret) }, extensions)
const query = async (text: string): Promise<Record<string, unknown>[]> =>
  (await scene.api.test.admin.query<Record<string, unknown>>(text)).rows
const expire = () => query(`update triggers set previous_secret_valid_until = now() where previous_secret is not null`)

/** How many more seconds the previous secret is valid, to the minute. */
async function overlapS(): Promise<number | null> {
  const { previous_secret_valid_until: until } = (await read()).json
  return until === null ? null : Math.round((Date.parse(until) - Date.now()) / 60_000) * 60
}

function isSignedWith({ headers, body }: ReceivedRequest, secret: string): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const signature = createHmac('sha256', secret).update(signed).digest('base64')
  return String(headers['webhook-signature']).split(' ').includes(`v1,${signature}`)
}

async function sendOne(): Promise<ReceivedRequest> {
  scene.receiver.requests.length = 0
  await scene.storeDeliveries(acme, { block: (block += 1) })
  await scene.sendAll(scene.createDispatch())
  const [request] = scene.requestsOf(acme)
  if (request === undefined) throw new Error('nothing was sent')
  return request
}

const signersOf = (request: ReceivedRequest) => ['one', 'two', 'three'].filter((key) => isSignedWith(request, key))
const signatureCount = ({ headers }: ReceivedRequest) => String(headers['webhook-signature']).split(' ').length

describe('a secret that is changed', () => {
  it('costs no delivery while the receiver still verifies with the old one, before, during and after', async () => {
    await useSecret('one')
    let key = 'one'
    const refused: ReceivedRequest[] = []
    const isBoth = (request: ReceivedRequest) => signersOf(request).length === 2
    scene.receiver.setBehaviour((request) => {
      if (isSignedWith(request, key)) return { status: 200 }
      refused.push(request)
      return { status: 401 }
    })
    const dispatch = scene.createDispatch()
    let isOver = false
    const run = async () => {
      while (!isOver) {
        await scene.storeDeliveries(acme, { block: (block += 1), count: 5 })
        await scene.sendAll(dispatch)
      }
    }
    const running = run()
    await scene.receiver.waitFor((request) => signersOf(request).join(' ') === 'one')
    expect((await useSecret('two')).status).toBe(200)
    await scene.receiver.waitFor(isBoth)
    // What was claimed before the change has been sent by now: the rounds of this scene repeat nothing.
    await dispatch.settled()
    key = 'two'
    const before = scene.receiver.requests.length
    await scene.receiver.waitFor((request) => scene.receiver.requests.indexOf(request) >= before + 5)
    isOver = true
    await running
    expect(refused).toEqual([])
    expect(await query(`select distinct state from deliveries`)).toEqual([{ state: 'delivered' }])
  })

  it('signs with both until the overlap ends, the new one first, and X-Signature with the new one alone', async () => {
    await useSecret('one')
    expect(await overlapS()).toBeNull()
    expect(signatureCount(await sendOne())).toBe(1)
    await useSecret('two')
    expect(await overlapS()).toBe(86_400)
    const request = await sendOne()
    const [first] = String(request.headers['webhook-signature']).split(' ')
    const newOne = { ...request, headers: { ...request.headers, 'webhook-signature': String(first) } }
    expect([signersOf(request), signersOf(newOne)]).toEqual([['one', 'two'], ['two']])
    const { headers, body } = request
    expect(headers['x-signature']).toBe(
      createHmac('sha256', 'two').update(body).update(String(headers['x-timestamp'])).digest('hex'),
    )
    await expire()
    const after = await sendOne()
    expect([signersOf(after), signatureCount(after), await overlapS()]).toEqual([['two'], 1, null])
  })

  it('signs notices with both as well', async () => {
    await useSecret('one')
    await useSecret('two')
    const tenant = (body: object) => scene.api.request('PATCH', '/tenants/acme', { token: acme.owner.token, body })
    await tenant({ notice_trigger_id: 'ops' })
    await scene.api.database.withPlatform((tx) =>
      raiseNotice(tx, [acme.id], {
        kind: 'network_failing',
        severity: 'warning',
        subject: { kind: 'network', id: 'x' },
        message: 'The node does not answer.',
      }),
    )
    scene.receiver.requests.length = 0
    const logger = { error: () => undefined }
    const sender = createNoticeSender({ ...scene.api, egress: scene.egress, logger, random: () => 0.5 })
    expect(await sender.startDue()).toBe(1)
    await sender.settled()
    await tenant({ notice_trigger_id: null })
    expect(scene.requestsOf(acme).map(signersOf)).toEqual([['one', 'two']])
  })

  it('a second time within the overlap leaves the latest one before', async () => {
    for (const secret of ['one', 'two', 'three']) await useSecret(secret)
    expect(signersOf(await sendOne())).toEqual(['two', 'three'])
  })

  it('overlaps as long as the extension says, and not at all with 0, which also ends an overlap', async () => {
    await useSecret('one')
    await useSecret('two', { previous_secret_valid_s: 600 })
    expect(await overlapS()).toBe(600)
    await save({}, { previous_secret_valid_s: 604_800 })
    expect(await overlapS()).toBe(600)
    await save({}, { previous_secret_valid_s: 0 })
    expect(await overlapS()).toBeNull()
    await useSecret('three')
    expect(signersOf(await sendOne())).toEqual(['three'])
    for (const value of [-1, 604_801, 1.5, '60', true]) {
      const reply = await save({}, { previous_secret_valid_s: value })
      expect([reply.status, problemsIn(reply.json)]).toEqual([
        422,
        ['/extensions/previous_secret_valid_s invalid_value'],
      ])
    }
  })

  it('is changed by another secret only: not by its mask, itself, or any other field', async () => {
    await useSecret('one')
    await save({ secret: mask })
    await save({ method: 'PUT' })
    await useSecret('one')
    const { warnings: _, ...read1 } = (await read()).json
    await scene.api.request('PUT', path, { token: acme.owner.token, body: read1 })
    expect(await overlapS()).toBeNull()
    await useSecret('two')
    for (const again of [() => save({ secret: mask }), () => useSecret('two'), () => save({ method: 'POST' })]) {
      await again()
      expect(await overlapS()).toBe(86_400)
    }
    expect(signersOf(await sendOne())).toEqual(['one', 'two'])
  })

  it('has no previous one when there was none, when it was empty, and when it is removed', async () => {
    await useSecret('one')
    expect(await overlapS()).toBeNull()
    await useSecret('')
    await useSecret('two')
    expect(await overlapS()).toBeNull()
    await useSecret('three')
    expect(await overlapS()).toBe(86_400)
    await save({ secret: null })
    expect(await overlapS()).toBeNull()
    expect((await sendOne()).headers['webhook-signature']).toBeUndefined()
  })
})

describe('the previous secret', () => {
  const stored = async () => {
    const [row] = await query(`select id, previous_secret, version, updated_at from triggers where trigger_id = 'ops'`)
    if (row === undefined) throw new Error('no trigger')
    return row
  }

  it('is in no answer, no audit event and no row in clear; the audit log says until when it is valid', async () => {
    await useSecret('first-s3cret')
    const replies = [await useSecret('second-s3cret'), await read()]
    for (const text of [...replies.map((reply) => reply.text), scene.logged()]) expect(text).not.toContain('-s3cret')
    expect(replies[0]?.json.previous_secret_valid_until).toMatch(/^\d{4}-/)
    for (const table of ['triggers', 'audit_events', 'config_changes'])
      expect(await rowsAsText(scene.api, table)).not.toMatch(/(first|second)-s3cret/)
    const [event] = await query(
      `select after from audit_events where action = 'trigger.update' order by created_at desc limit 1`,
    )
    expect(event?.['after']).toMatchObject({
      previous_secret_valid_until: replies[0]?.json.previous_secret_valid_until,
    })
  })

  it('is bound to its column and row: moved to another it does not open', async () => {
    await useSecret('one')
    await useSecret('two')
    const { id, previous_secret: sealed } = await stored()
    const open = (rowId: string, column: string) =>
      scene.api.database.withTenant(acme.id, { readOnly: true }, async (tx) =>
        (await scene.api.tenantKeys.forTenant(tx, acme.id)).open(String(sealed), {
          tenantId: acme.id,
          table: 'triggers',
          rowId,
          column,
        }),
      )
    expect(await open(String(id), 'previous_secret')).toBe('one')
    await expect(open(String(id), 'configuration')).rejects.toThrow(SecretError)
    await expect(open(acme.id, 'previous_secret')).rejects.toThrow(SecretError)
  })

  it('is erased by upkeep when it has expired and not before, which is no change of the trigger', async () => {
    const logger = createLogger({ level: 'silent' })
    const maintenance = createMaintenance({ ...scene.api, clock: systemClock, logger, metrics: createMetrics() })
    await useSecret('one')
    await useSecret('two')
    await maintenance.run()
    const before = await stored()
    expect(before['previous_secret']).toEqual(expect.any(String))
    await expire()
    await maintenance.run()
    expect(await stored()).toEqual({ ...before, previous_secret: null })
  })

  it('goes with the trigger and with the tenant', async () => {
    const globex = await scene.createTenant('globex')
    const request = (method: string, place: string, body?: object) =>
      scene.api.request(method, `/tenants/globex${place}`, { token: globex.owner.token, ...(body && { body }) })
    const rotate = (id: string) =>
      request('PATCH', `/triggers/${id}`, { configuration: { config: { secret: plain('next') } } })
    const { json } = await request('GET', '/triggers/ops')
    const other = { trigger_id: 'other', configuration: { ...json.configuration, name: 'Other' } }
    other.configuration.config = { ...other.configuration.config, url: plain(scene.receiver.url), secret: plain('one') }
    expect((await request('POST', '/triggers', other)).status).toBe(201)
    for (const id of ['ops', 'other']) expect((await rotate(id)).json.previous_secret_valid_until).toMatch(/^\d{4}-/)
    const kept = () =>
      query(
        `select trigger_id from triggers where previous_secret is not null and tenant_id = '${globex.id}' order by 1`,
      )
    expect(await kept()).toEqual([{ trigger_id: 'ops' }, { trigger_id: 'other' }])
    expect((await request('DELETE', '/triggers/other')).status).toBe(204)
    expect(await kept()).toEqual([{ trigger_id: 'ops' }])
    expect((await request('DELETE', '')).status).toBe(204)
    expect(await kept()).toEqual([])
  })
})
