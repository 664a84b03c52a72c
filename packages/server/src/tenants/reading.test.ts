import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi, type TestTenant } from '../testing/api-harness.ts'
import { raiseNotice, resolveNotices, type NoticeKind } from './notice-store.ts'

let api: TestApi
let tenant: TestTenant
let other: TestTenant

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.createTenant('acme')
  other = await api.createTenant('other')
})
afterAll(() => api.close())

async function pagesOf(path: string, query = ''): Promise<{ id: string }[]> {
  const items: { id: string }[] = []
  let cursor = ''
  for (;;) {
    const { status, json } = await api.request('GET', path, {
      token: tenant.owner.token,
      query: `limit=2${query}${cursor}`,
    })
    expect(status).toBe(200)
    items.push(...json.items)
    if (json.next_cursor === null) return items
    cursor = `&cursor=${json.next_cursor}`
  }
}

describe('quotas', () => {
  it('are all five, and honest about those that are only stored', async () => {
    const { json } = await api.request('GET', '/tenants/acme/quota', { token: tenant.owner.token })
    expect(json).toEqual({
      plan: 'standard',
      items: [
        { quota: 'max_monitors', limit: 10, overridden: false, used: 0, enforced: true },
        { quota: 'max_networks', limit: 5, overridden: false, used: 0, enforced: true },
        { quota: 'max_triggers_per_monitor', limit: 10, overridden: false, used: null, enforced: true },
        { quota: 'max_rpc_requests_per_minute', limit: 1000, overridden: false, used: 0, enforced: true },
        { quota: 'max_storage_mb', limit: 1000, overridden: false, used: 1, enforced: true },
      ],
      next_cursor: null,
    })
  })
})

describe('audit events', () => {
  const path = '/tenants/acme/audit-events'

  it('are paged without loss or repetition, even when many happen in the same microsecond', async () => {
    await api.test.admin.query(
      `insert into audit_events (tenant_id, id, occurred_at, actor_kind, actor_name, action, target_kind, target_id)
       select $1, app.uuid_v7(), timestamptz '2026-11-24T12:00:00.123456Z' + (n / 3) * interval '1 microsecond',
         'system', 'test', 'test.event', 'test', n::text
       from generate_series(1, 10) n`,
      [tenant.id],
    )
    const items = await pagesOf(path, '&action=test.event')
    expect(new Set(items.map(({ id }) => id)).size).toBe(10)
    expect(items).toHaveLength(10)
  })

  it('are filtered by action, kind of target and time', async () => {
    const at = (query: string) => pagesOf(path, `&${query}`)
    expect(await at('target_kind=test')).toHaveLength(10)
    expect(await at('target_kind=tenant')).toHaveLength(1)
    expect(await at('action=tenant.create&target_kind=test')).toHaveLength(0)
    const us = encodeURIComponent('2026-11-24T14:00:00+02:00')
    expect(await at(`target_kind=test&since=${us}`)).toHaveLength(10)
    expect(await at(`target_kind=test&until=${us}`)).toHaveLength(0)
  })

  it('show who did what from where, and never the events of others', async () => {
    const [event] = (await api.request('GET', path, { token: tenant.owner.token, query: 'action=tenant.create' })).json
      .items
    expect(event).toMatchObject({
      actor: { kind: 'user', id: tenant.owner.id, name: tenant.owner.email },
      ip: '127.0.0.1',
    })
    expect(event.request_id).toMatch(/^[0-9a-f-]{36}$/)
    const all = await api.request('GET', path, { token: tenant.owner.token, query: 'limit=200' })
    expect(all.text).not.toContain(other.owner.email)
  })

  it.each([
    'since=yesterday',
    'since=2026-13-01T00:00:00Z',
    'until=0000-01-01T00:00:00Z',
    'limit=0',
    'limit=201',
    'cursor=x',
    'action=',
  ])('answer 400 for %s', async (query) => {
    const reply = await api.request('GET', path, { token: tenant.owner.token, query })
    expect([reply.status, reply.json.code]).toEqual([400, 'invalid_request'])
  })
})

describe('notices', () => {
  const path = '/tenants/acme/notices'
  const raise = (kind: NoticeKind, id: string, tenantIds = [tenant.id]) =>
    api.database.withPlatform((tx) =>
      raiseNotice(tx, tenantIds, {
        kind,
        severity: 'warning',
        subject: { kind: 'network', id },
        message: `About ${id}`,
        data: { n: 1 },
      }),
    )

  it('count up while they are open, and are filtered by state and kind', async () => {
    for (const id of ['a', 'a', 'b', 'c']) await raise('network_failing', id)
    await raise('blocks_skipped', 'a')
    await raise('network_failing', 'foreign', [other.id])
    const subject = { kind: 'network', id: 'b' } as const
    await api.database.withPlatform((tx) => resolveNotices(tx, [tenant.id], { kind: 'network_failing', subject }))

    expect(await pagesOf(path)).toHaveLength(4)
    expect(await pagesOf(path, '&state=resolved')).toMatchObject([{ subject: { id: 'b' } }])
    expect(await pagesOf(path, '&state=open')).toHaveLength(3)
    expect(await pagesOf(path, '&kind=blocks_skipped')).toHaveLength(1)
    const open = await pagesOf(path, '&kind=network_failing&state=open')
    expect(open).toHaveLength(2)
    expect(open).toContainEqual(
      expect.objectContaining({ subject: { kind: 'network', id: 'a' }, occurrences: 2, data: { n: 1 } }),
    )
  })

  it.each(['state=closed', 'kind=unknown'])('answer 400 for %s', async (query) => {
    expect((await api.request('GET', path, { token: tenant.owner.token, query })).status).toBe(400)
  })
})
