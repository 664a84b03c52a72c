import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../platform/db/doors.ts'
import { createLogger } from '../platform/logger.ts'
import type { TestApi, TestTenant } from '../testing/api-harness.ts'
import { monitorBody, startConfigurationApi, triggerBody } from '../testing/configuration-api.ts'
import { createConfigFeed, type ConfigFeed } from './config-feed.ts'
import type { FollowedNetwork } from '../networks/source-chain.ts'
import { createUsageRecorder } from '../usage/usage-recorder.ts'
import { createLiveIndex, LeadershipLostError, type LiveIndex } from './live-index.ts'

let api: TestApi
let acme: TestTenant
let globex: TestTenant
let networkId: string
let source: { id: string; epoch: bigint; network: FollowedNetwork }
let networks = 0

beforeAll(async () => {
  api = await startConfigurationApi()
  for (const slug of ['acme', 'globex']) {
    const tenant = await api.createTenant(slug)
    await call(tenant, 'POST', '/triggers', triggerBody('ops'))
    if (slug === 'acme') acme = tenant
    else globex = tenant
  }
})
afterAll(() => api.close())

// Each test has a shared network of its own, which both tenants can watch.
beforeEach(async () => {
  for (const tenant of [acme, globex]) {
    const { json } = await call(tenant, 'GET', '/monitors')
    for (const { monitor_id: id } of json.items) await call(tenant, 'DELETE', `/monitors/${id}`)
  }
  networks += 1
  networkId = `testnet_${networks}`
  const { rows } = await api.test.admin.query<{ id: string }>(
    `with source as (insert into chain_sources (id, kind, lease_key) values (gen_random_uuid(), 'shared', $1) returning id)
     insert into shared_networks (network_id, source_id, configuration, content_hash)
     select $1, id, jsonb_build_object('network_type', 'EVM', 'slug', $1::text, 'name', $1::text), 'x' from source
     returning source_id as id`,
    [networkId],
  )
  source = { id: rows[0]?.id ?? '', epoch: 0n, network: { family: 'EVM', slug: networkId, passphrase: undefined } }
  await api.test.admin.query('delete from notices')
})

async function call(tenant: TestTenant, method: string, path: string, body?: unknown) {
  const reply = await api.request(method, `/tenants/${tenant.slug}${path}`, {
    token: tenant.owner.token,
    ...(body === undefined ? {} : { body }),
  })
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.text}`)
  return reply
}

const watch = (tenant: TestTenant, id: string, change: Record<string, unknown> = {}) =>
  call(tenant, 'POST', '/monitors', monitorBody(id, { networks: [networkId], ...change }))
const rename = (tenant: TestTenant, id: string, name: string) =>
  call(tenant, 'PATCH', `/monitors/${id}`, { configuration: { name } })
const pause = (tenant: TestTenant, id: string) => call(tenant, 'POST', `/monitors/${id}/pause`)

/** What the leader does before a block: `refresh` reads the feed first. */
async function open(database: Pick<Database, 'withPlatform'> = api.database) {
  const feed: ConfigFeed = createConfigFeed({ database: api.database, onSourcesChanged: () => undefined })
  await feed.start()
  feed.track(source.id)
  const live = createLiveIndex(
    { database, feed, logger: createLogger({ level: 'silent' }), meter: createUsageRecorder().meter(source.id) },
    source,
  )
  await live.load()
  return {
    live,
    feed,
    refresh: async (nextBlock: bigint | undefined) => {
      await feed.poll()
      await live.refresh(nextBlock)
    },
  }
}

/** Everything that an index knows, by the versions that there have ever been. */
async function contentsOf(live: LiveIndex) {
  const { rows } = await api.test.admin.query<{ id: string }>('select id from monitor_versions order by id')
  const monitors = rows.map(({ id }) => live.monitorOf(id)).filter((monitor) => monitor !== undefined)
  return { monitors, size: live.index.size, tenants: live.tenantIds().toSorted((a, b) => (a < b ? -1 : 1)) }
}

async function spansOf(tenant: TestTenant) {
  const { rows } = await api.test.admin.query<{ monitor: string; version: number; from: number; to: number | null }>(
    `select m.monitor_id as monitor, v.version, s.from_block::int as "from", s.to_block::int as "to" from monitor_spans s
     join monitors m on m.tenant_id = s.tenant_id and m.id = s.monitor_id
     join monitor_versions v on v.tenant_id = s.tenant_id and v.id = s.monitor_version_id
     where s.source_id = $1 and s.tenant_id = $2 order by 1, 3, 4`,
    [source.id, tenant.id],
  )
  return rows.map(({ monitor, version, from, to }) => [monitor, version, from, to])
}

async function noticesOf(tenant: TestTenant) {
  const { rows } = await api.test.admin.query(
    'select kind, severity, subject_id from notices where tenant_id = $1 order by kind',
    [tenant.id],
  )
  return rows
}

describe('the index', () => {
  it('is after every change what a fresh load would be', async () => {
    for (const id of ['one', 'two', 'three']) await watch(acme, id)
    await watch(globex, 'one')
    const { live, refresh } = await open()
    const steps: (() => Promise<unknown>)[] = [
      () => rename(acme, 'one', 'Another name'),
      () => pause(acme, 'two'),
      () => call(acme, 'DELETE', '/monitors/three'),
      () => watch(globex, 'two'),
      () => call(acme, 'POST', '/monitors/two/resume'),
      () => watch(acme, 'three'),
      () => Promise.all([rename(acme, 'one', 'A'), rename(globex, 'one', 'B')]),
      () => call(acme, 'PATCH', '/monitors/one', { configuration: { paused: true } }),
      () => call(globex, 'DELETE', '/monitors/two'),
    ]
    for (const [block, step] of steps.entries()) {
      await step()
      await refresh(BigInt(block + 10))
      expect(await contentsOf(live)).toEqual(await contentsOf((await open()).live))
    }
    expect((await contentsOf(live)).monitors.map(({ monitorId }) => monitorId).toSorted()).toHaveLength(3)
  })

  it('does not know monitors of other networks', async () => {
    await api.test.admin.query(
      `with source as (insert into chain_sources (id, kind, lease_key) values (gen_random_uuid(), 'shared', $1) returning id)
       insert into shared_networks (network_id, source_id, configuration, content_hash)
       select $1, id, jsonb_build_object('network_type', 'EVM', 'slug', $1::text, 'name', $1::text), 'x' from source`,
      [`other_${networks}`],
    )
    await watch(acme, 'here')
    await watch(acme, 'elsewhere', { networks: [`other_${networks}`] })
    const { live, refresh } = await open()
    expect((await contentsOf(live)).monitors.map(({ monitorId }) => monitorId)).toEqual(['here'])
    await call(acme, 'PATCH', '/monitors/here', { configuration: { networks: [`other_${networks}`] } })
    await refresh(10n)
    expect(await contentsOf(live)).toEqual({ monitors: [], size: 0, tenants: [] })
  })

  it('takes up again what a failing database kept it from', async () => {
    let isAway = false
    const { live, refresh } = await open({
      withPlatform: (fn) => (isAway ? Promise.reject(new Error('away')) : api.database.withPlatform(fn)),
    })
    await watch(acme, 'one')
    isAway = true
    await expect(refresh(10n)).rejects.toThrow('away')
    isAway = false
    await refresh(10n)
    expect(live.index.size).toBe(1)
    expect(await spansOf(acme)).toEqual([['one', 1, 10, null]])
  })

  it('is nobody’s who does not lead: nothing is written', async () => {
    await watch(acme, 'one')
    const { live, refresh } = await open()
    await refresh(10n)
    await api.test.admin.query('update chain_sources set epoch = epoch + 1 where id = $1', [source.id])
    await watch(acme, 'two')
    await expect(refresh(20n)).rejects.toThrow(LeadershipLostError)
    await expect(live.retire(30n)).rejects.toThrow(LeadershipLostError)
    await expect(open()).rejects.toThrow(LeadershipLostError)
    expect(await spansOf(acme)).toEqual([['one', 1, 10, null]])
  })
})

describe('a span', () => {
  it('opens with the next block, and a new version takes over exactly where the old one ends', async () => {
    await watch(acme, 'one')
    const { refresh } = await open()
    await refresh(10n)
    await rename(acme, 'one', 'Another name')
    await refresh(15n)
    expect(await spansOf(acme)).toEqual([
      ['one', 1, 10, 14],
      ['one', 2, 15, null],
    ])
  })

  it('is not written while the source has no cursor, and then for everything', async () => {
    await watch(acme, 'one')
    const { refresh } = await open()
    await refresh(undefined)
    await watch(acme, 'two')
    await refresh(undefined)
    expect(await spansOf(acme)).toEqual([])
    await refresh(10n)
    expect(await spansOf(acme)).toEqual([
      ['one', 1, 10, null],
      ['two', 1, 10, null],
    ])
  })

  it('ends when its monitor is paused, and another begins when it goes on', async () => {
    await watch(acme, 'one')
    const { refresh } = await open()
    await refresh(10n)
    await pause(acme, 'one')
    await refresh(12n)
    await call(acme, 'POST', '/monitors/one/resume')
    await refresh(20n)
    expect((await spansOf(acme)).map(([, , from, to]) => [from, to])).toEqual([
      [10, 11],
      [20, null],
    ])
  })

  it('ends when the operator suspends the tenant, and another begins when it is active again', async () => {
    await watch(acme, 'one')
    const { live, refresh } = await open()
    await refresh(10n)
    const operator = await api.addOperator()
    const suspend = (body: object) => api.request('PATCH', '/operator/tenants/acme', { token: operator.token, body })
    expect((await suspend({ suspended: true, reason: 'Unpaid' })).status).toBe(200)
    await refresh(12n)
    expect(live.tenantIds()).toEqual([])
    expect((await suspend({ suspended: false })).status).toBe(200)
    await refresh(20n)
    expect((await spansOf(acme)).map(([, , from, to]) => [from, to])).toEqual([
      [10, 11],
      [20, null],
    ])
  })

  it('of a version that was in force for no block covers nothing', async () => {
    await watch(acme, 'one')
    const { refresh } = await open()
    await refresh(10n)
    await rename(acme, 'one', 'Another name')
    await refresh(10n)
    expect(await spansOf(acme)).toEqual([
      ['one', 1, 10, 9],
      ['one', 2, 10, null],
    ])
  })

  it('stays as it is when a change has changed nothing, and when another process loads it', async () => {
    await watch(acme, 'one')
    const { refresh } = await open()
    await refresh(10n)
    await refresh(11n)
    await (await open()).refresh(12n)
    expect(await spansOf(acme)).toEqual([['one', 1, 10, null]])
  })

  it('of a monitor that was deleted while nobody led the source is closed by the next leader', async () => {
    await watch(acme, 'one')
    await (await open()).refresh(10n)
    await call(acme, 'DELETE', '/monitors/one')
    await (await open()).refresh(20n)
    expect(await spansOf(acme)).toEqual([['one', 1, 10, 19]])
  })

  it('of every monitor ends when the source is retired', async () => {
    await watch(acme, 'one')
    await watch(globex, 'one')
    const { live, refresh } = await open()
    await refresh(10n)
    await live.retire(30n)
    expect([await spansOf(acme), await spansOf(globex)]).toEqual([[['one', 1, 10, 30]], [['one', 1, 10, 30]]])
  })

  it('of another tenant’s monitor with the same id is not touched by a change', async () => {
    await watch(acme, 'one')
    await watch(globex, 'one')
    const { refresh } = await open()
    await refresh(10n)
    await rename(acme, 'one', 'Another name')
    await refresh(15n)
    await call(acme, 'DELETE', '/monitors/one')
    await refresh(20n)
    expect(await spansOf(globex)).toEqual([['one', 1, 10, null]])
  })
})

describe('a monitor that cannot be evaluated', () => {
  /** As an older or newer version of the product may have stored it. */
  const corrupt = async (tenant: TestTenant, id: string, configuration: unknown) => {
    await rename(tenant, id, 'Corrupt')
    await api.test.admin.query('update monitors set configuration = $3 where tenant_id = $1 and monitor_id = $2', [
      tenant.id,
      id,
      JSON.stringify(configuration),
    ])
  }
  it('gets a notice and no span, and stops nobody else', async () => {
    await watch(acme, 'one')
    await watch(acme, 'two')
    await watch(globex, 'one')
    await corrupt(acme, 'one', { name: 'not a monitor', paused: false })
    const { live, refresh } = await open()
    await refresh(10n)
    expect(live.index.size).toBe(2)
    expect(await spansOf(acme)).toEqual([['two', 1, 10, null]])
    expect(await spansOf(globex)).toEqual([['one', 1, 10, null]])
    expect(await noticesOf(acme)).toEqual([{ kind: 'monitor_failing', severity: 'critical', subject_id: 'one' }])
    expect(await noticesOf(globex)).toEqual([])
  })

  it('since its last change is not covered by its earlier version', async () => {
    await watch(acme, 'one')
    const { live, refresh } = await open()
    await refresh(10n)
    await corrupt(acme, 'one', { name: 'not a monitor', paused: false })
    await refresh(20n)
    expect([live.index.size, await spansOf(acme)]).toEqual([0, [['one', 1, 10, 19]]])
    expect(await noticesOf(acme)).toHaveLength(1)
  })
})
