import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { raiseNotice, resolveNotices, type Notice } from '../tenants/notice-store.ts'
import { startDispatchScene, type DispatchScene } from '../testing/dispatch-scene.ts'
import type { TestTenant } from '../testing/api-harness.ts'
import { triggerBody } from '../testing/configuration-api.ts'
import { createNoticeSender, type NoticeSender } from './notice-sender.ts'

let scene: DispatchScene
let tenant: TestTenant
let silent: TestTenant
let sender: NoticeSender

beforeAll(async () => {
  scene = await startDispatchScene()
  tenant = await scene.createTenant('acme')
  silent = await scene.createTenant('silent')
  const { api, egress } = scene
  sender = createNoticeSender({ ...api, egress, logger: { error: () => undefined }, random: () => 0.5 })
  const chosen = await patch({ notice_trigger_id: 'ops' })
  if (chosen.status !== 200) throw new Error(chosen.text)
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

const patch = (body: object) => scene.api.request('PATCH', '/tenants/acme', { token: tenant.owner.token, body })

/** Sends what is due; how many there were. */
async function sendDue(): Promise<number> {
  const begun = await sender.startDue()
  await sender.settled()
  return begun
}

const about = (id: string): Notice => ({
  kind: 'network_failing',
  severity: 'warning',
  subject: { kind: 'network', id },
  message: 'The node does not answer.',
})
const raise = (id: string, tenantIds = [tenant.id]) =>
  scene.api.database.withPlatform((tx) => raiseNotice(tx, tenantIds, about(id)))

async function outbox() {
  const { rows } = await scene.api.test.admin.query<Record<string, unknown>>(
    `select state, error_class, attempt_count, (next_attempt_at > now()) as waits from notice_deliveries order by created_at`,
  )
  return rows
}
const makeDue = () => scene.api.test.admin.query(`update notice_deliveries set next_attempt_at = now()`)

describe('a new notice', () => {
  it('goes once through the trigger that the tenant chose, with a stable id, and to nobody else', async () => {
    await raise('mainnet', [tenant.id, silent.id])
    await raise('mainnet', [tenant.id, silent.id])
    expect([await sendDue(), await sendDue()]).toEqual([1, 0])
    const [sent] = scene.requestsOf(tenant)
    expect([scene.requestsOf(tenant).length, scene.requestsOf(silent).length]).toEqual([1, 0])
    expect(JSON.parse(sent!.body)).toEqual({
      title: 'Notice (warning): network failing',
      body: expect.stringMatching(/^network mainnet: The node does not answer\. \(\d{4}-/),
    })
    const { json } = await scene.api.request('GET', '/tenants/acme/notices', { token: tenant.owner.token })
    expect(sent!.headers['webhook-id']).toBe(`msg_${json.items[0].id.replaceAll('-', '')}`)
    expect(await outbox()).toMatchObject([{ state: 'delivered', attempt_count: 1 }])
  })

  it('is sent again when what was resolved happens again', async () => {
    await raise('mainnet')
    await sendDue()
    await scene.api.database.withPlatform((tx) => resolveNotices(tx, [tenant.id], about('mainnet')))
    await raise('mainnet')
    await sendDue()
    expect(scene.requestsOf(tenant)).toHaveLength(2)
  })

  it('is repeated with the same bytes and id when the receiver fails, and raises no notice of its own', async () => {
    scene.receiver.setBehaviour(() => ({ status: 503 }))
    await raise('mainnet')
    await sendDue()
    expect(await outbox()).toMatchObject([{ state: 'pending', error_class: 'http_5xx', attempt_count: 1, waits: true }])
    expect(await sendDue()).toBe(0)
    scene.receiver.setBehaviour(() => ({ status: 200 }))
    await makeDue()
    await sendDue()
    const [first, second] = scene.requestsOf(tenant)
    expect([second!.body, second!.headers['webhook-id']]).toEqual([first!.body, first!.headers['webhook-id']])
    expect(await outbox()).toMatchObject([{ state: 'delivered', error_class: null, attempt_count: 2 }])
    const { json } = await scene.api.request('GET', '/tenants/acme/notices', { token: tenant.owner.token })
    expect(json.items).toHaveLength(1)
  })

  it('is given up after a day, and at once when the receiver is gone for good', async () => {
    scene.receiver.setBehaviour(() => ({ status: 500 }))
    await raise('late')
    await scene.api.test.admin.query(`update notice_deliveries set give_up_at = now()`)
    await sendDue()
    scene.receiver.setBehaviour(() => ({ status: 410 }))
    await raise('gone')
    await sendDue()
    expect(await outbox()).toMatchObject([
      { state: 'dead', error_class: 'http_5xx' },
      { state: 'dead', error_class: 'http_4xx' },
    ])
  })

  it('takes a name that looks like a variable for a name', async () => {
    await raise('${monitor.name}')
    await sendDue()
    expect(scene.requestsOf(tenant)[0]!.body).toContain('network $ {monitor.name}:')
  })

  it('is sent by one of two processes that look at the same time', async () => {
    for (const id of ['a', 'b', 'c']) await raise(id)
    await Promise.all([sendDue(), sendDue()])
    while ((await sendDue()) > 0);
    expect(scene.requestsOf(tenant)).toHaveLength(3)
  })
})

describe('a notice whose trigger is disabled', () => {
  const sql = (text: string) => scene.api.test.admin.query(text)
  const disable = (since: string) =>
    sql(`insert into trigger_health (tenant_id, trigger_id, error_class, disabled_at)
      select tenant_id, id, 'http_5xx', now() - interval '${since}' from triggers
      where tenant_id = '${tenant.id}' and trigger_id = 'ops'`)
  const shown = async () => {
    const { json } = await scene.api.request('GET', '/tenants/acme/notices', { token: tenant.owner.token })
    return json.items.map(({ sending }: { sending: unknown }) => sending)
  }

  it('is held where everybody sees it, and sent when the trigger is saved, however late', async () => {
    await disable('3 days')
    await raise('mainnet')
    await sql(`update notice_deliveries set give_up_at = now() - interval '2 days'`)
    expect([await sendDue(), scene.requestsOf(tenant)]).toEqual([0, []])
    expect(await shown()).toEqual([{ state: 'held', trigger_id: 'ops', error_class: null, attempt_count: 0 }])

    const path = '/tenants/acme/triggers/ops'
    expect((await scene.api.request('PATCH', path, { token: tenant.owner.token, body: {} })).status).toBe(200)
    expect(await shown()).toMatchObject([{ state: 'pending' }])
    scene.receiver.setBehaviour(() => ({ status: 503 }))
    await sendDue()
    // It has its day again: one failure does not end it.
    expect(await shown()).toMatchObject([{ state: 'pending', error_class: 'http_5xx', attempt_count: 1 }])
    scene.receiver.setBehaviour(() => ({ status: 200 }))
    await makeDue()
    await sendDue()
    expect(await shown()).toMatchObject([{ state: 'delivered', trigger_id: 'ops', attempt_count: 2 }])
  })

  it('goes through the one that is chosen instead, and nowhere when none is', async () => {
    const { token } = tenant.owner
    const url = { type: 'Plain', value: `${scene.receiver.url}/spare` }
    const added = await scene.api.request('POST', '/tenants/acme/triggers', {
      token,
      body: triggerBody('spare', { url }),
    })
    expect(added.status).toBe(201)
    await disable('1 minute')
    await raise('mainnet')
    expect((await patch({ notice_trigger_id: 'spare' })).status).toBe(200)
    expect(await shown()).toMatchObject([{ state: 'pending', trigger_id: 'spare' }])
    await sendDue()
    expect(scene.receiver.requests.map(({ path }) => path)).toEqual(['/spare'])
    expect(await shown()).toMatchObject([{ state: 'delivered', trigger_id: 'spare' }])

    expect((await patch({ notice_trigger_id: 'ops' })).status).toBe(200)
    await raise('testnet')
    expect((await patch({ notice_trigger_id: null })).status).toBe(200)
    await sendDue()
    expect((await shown())[0]).toMatchObject({ state: 'cancelled', error_class: 'no_trigger' })
    expect((await patch({ notice_trigger_id: 'ops' })).status).toBe(200)
    expect(scene.receiver.requests).toHaveLength(1)
  })

  it('waits for the time that its receiver asked alerts for, too', async () => {
    await disable('1 minute')
    await sql(`update trigger_health set disabled_at = null, open_until = now() + interval '1 hour'`)
    await raise('mainnet')
    expect(await sendDue()).toBe(0)
    await sql(`update trigger_health set open_until = now()`)
    expect(await sendDue()).toBe(1)
  })

  it('of a suspended tenant waits until it is active again', async () => {
    await raise('mainnet')
    await sql(`update tenants set state = 'suspended' where id = '${tenant.id}'`)
    expect(await sendDue()).toBe(0)
    await sql(`update tenants set state = 'active' where id = '${tenant.id}'`)
    expect(await sendDue()).toBe(1)
  })
})

describe('the trigger for notices', () => {
  it('is one of the tenant, shown with it and audited', async () => {
    const unknown = await patch({ notice_trigger_id: 'nobody' })
    expect([unknown.status, unknown.json.errors]).toEqual([
      422,
      [expect.objectContaining({ pointer: '/notice_trigger_id', code: 'unknown_trigger' })],
    ])
    expect((await patch({ notice_trigger_id: null })).json.notice_trigger_id).toBeNull()
    const chosen = await patch({ notice_trigger_id: 'ops', name: 'Acme' })
    expect(chosen.json).toMatchObject({ notice_trigger_id: 'ops', name: 'Acme' })
    const again = await patch({ notice_trigger_id: 'ops' })
    expect(again.json.version).toBe(chosen.json.version)
    const query = 'action=tenant.update&limit=1'
    const audit = await scene.api.request('GET', '/tenants/acme/audit-events', { token: tenant.owner.token, query })
    expect(audit.json.items).toMatchObject([
      { before: { notice_trigger_id: null }, after: { notice_trigger_id: 'ops', name: 'Acme' } },
    ])
  })

  it('is not deleted before another was chosen; without one nothing waits', async () => {
    const { api } = scene
    const { token } = silent.owner
    const trigger = (await api.request('GET', '/tenants/silent/triggers/ops', { token })).json
    const spare = { ...trigger, trigger_id: 'spare', configuration: { ...trigger.configuration, name: 'Spare' } }
    spare.configuration.config = {
      url: { type: 'Plain', value: 'https://a.example/' },
      message: { title: 't', body: 'b' },
    }
    const body = { trigger_id: 'spare', configuration: spare.configuration }
    expect((await api.request('POST', '/tenants/silent/triggers', { token, body })).status).toBe(201)
    const choose = (id: string | null) =>
      api.request('PATCH', '/tenants/silent', { token, body: { notice_trigger_id: id } })
    expect((await choose('spare')).status).toBe(200)
    const refused = await api.request('DELETE', '/tenants/silent/triggers/spare', { token })
    expect([refused.status, refused.json.code]).toEqual([409, 'conflict'])
    expect((await choose(null)).status).toBe(200)
    expect((await api.request('DELETE', '/tenants/silent/triggers/spare', { token })).status).toBe(204)
    await raise('mainnet', [silent.id])
    expect(await outbox()).toEqual([])
  })
})
