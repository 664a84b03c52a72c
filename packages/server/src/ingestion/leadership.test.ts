import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemIds } from '../platform/ids.ts'
import type { TestApi, TestTenant } from '../testing/api-harness.ts'
import { createWatchingTenant, monitorBody, startConfigurationApi } from '../testing/configuration-api.ts'
import { hasServer } from '../testing/harness.ts'
import { createCommitter, FencedError } from './commit.ts'
import { createLeadership, renewalMs, type Leadership } from './leadership.ts'
import { leaseTtlMs } from './lease-store.ts'

let api: TestApi
let tenants: TestTenant[]

beforeAll(async () => {
  api = await startConfigurationApi()
  tenants = []
  for (const slug of ['acme', 'globex', 'initech']) {
    const tenant = await createWatchingTenant(api, slug)
    const body = monitorBody('transfers')
    const created = await api.request('POST', `/tenants/${slug}/monitors`, { token: tenant.owner.token, body })
    if (created.status !== 201) throw new Error(created.text)
    tenants.push(tenant)
  }
})
afterAll(() => api.close())
beforeEach(async () => {
  await api.test.admin.query('delete from leases')
})

/** Another process with this database: its leases are its own. */
const createProcess = (): Leadership => createLeadership({ database: api.database, clock: api.clock, ids: systemIds })
const idsOf = (sources: readonly { id: string }[]) => sources.map(({ id }) => id).toSorted()
const expire = () => api.test.admin.query(`update leases set expires_at = now() - interval '1 ms'`)

describe('a claim', () => {
  it('answers the sources that are watched, with the network and its tenant', async () => {
    const led = await createProcess().claim()
    expect(new Set(led.map(({ tenantId }) => tenantId))).toEqual(new Set(tenants.map(({ id }) => id)))
    expect(led).toHaveLength(tenants.length)
    expect(led[0]).toMatchObject({ kind: 'own', state: 'idle', isWatched: true, networkId: 'acme_evm', revision: '1' })
  })

  it('still names a shared network that the operator has withdrawn, but has no configuration of it', async () => {
    const id = systemIds.uuid()
    const query = (text: string) => api.test.admin.query(text, [id])
    await query(`insert into chain_sources (id, kind, lease_key, state) values ($1, 'shared', 'shared:x', 'following')`)
    await query(
      `insert into shared_networks (network_id, source_id, configuration, content_hash)
       values ('offered', $1, '{"name":"Offered","network_type":"EVM"}', 'hash')`,
    )
    const find = async () => (await createProcessOfNext()).find((source) => source.id === id)
    expect(await find()).toMatchObject({ networkId: 'offered', configuration: { name: 'Offered' }, revision: 'hash' })
    await query('update shared_networks set is_active = false where source_id = $1')
    expect(await find()).toMatchObject({ networkId: 'offered', configuration: null, revision: 'withdrawn hash' })
    await query(`update chain_sources set state = 'idle' where id = $1`)
  })

  it('renews: the epoch stays while the process leads', async () => {
    const process = createProcess()
    const epochs = (await process.claim()).map(({ id, epoch }) => [id, epoch])
    expect((await process.claim()).map(({ id, epoch }) => [id, epoch])).toEqual(epochs)
  })

  it('is current for as long as nobody else can have taken over, renewals in time or not', async () => {
    const process = createProcess()
    expect(process.isCurrent()).toBe(false)
    await process.claim()
    api.clock.advance(renewalMs * 2)
    expect(process.isCurrent()).toBe(true)
    api.clock.advance(leaseTtlMs)
    expect(process.isCurrent()).toBe(false)
    await process.claim()
    expect(process.isCurrent()).toBe(true)
    await process.release()
    expect(process.isCurrent()).toBe(false)
  })

  it('leaves out a source that nobody watches, unless it has to be told so', async () => {
    const [acme] = tenants
    const { token } = acme?.owner ?? {}
    await api.request('POST', '/tenants/acme/monitors/transfers/pause', { token })
    const ofAcme = async () => (await createProcessOfNext()).filter(({ tenantId }) => tenantId === acme?.id)
    expect(await ofAcme()).toEqual([])
    await api.test.admin.query(
      `update chain_sources s set state = 'following' from networks n where n.source_id = s.id and n.tenant_id = $1`,
      [acme?.id],
    )
    expect(await ofAcme()).toMatchObject([{ state: 'following', isWatched: false }])
    await api.test.admin.query(`update chain_sources set state = 'idle'`)
    await api.request('POST', '/tenants/acme/monitors/transfers/resume', { token })
  })
})

async function createProcessOfNext() {
  await api.test.admin.query('delete from leases')
  return createProcess().claim()
}

describe.skipIf(!hasServer())('two processes', () => {
  it('never lead the same source, and all sources are led', async () => {
    const processes = Array.from({ length: 4 }, createProcess)
    for (let round = 0; round < 5; round += 1) {
      const claims = await Promise.all(processes.map((process) => process.claim()))
      const all = claims.flatMap(idsOf)
      expect([all.length, new Set(all).size]).toEqual([tenants.length, tenants.length])
    }
  })

  it('hand over when a lease has ended: the epoch rises and the old leader commits nothing any more', async () => {
    const [old, next] = [createProcess(), createProcess()]
    const [before] = await old.claim()
    if (before === undefined) throw new Error('nothing is led')
    expect(await next.claim()).toEqual([])
    await expire()
    const after = (await next.claim()).find(({ id }) => id === before.id)
    expect(after?.epoch).toBe(before.epoch + 1n)
    expect(await old.claim()).toEqual([])
    const committer = createCommitter(api)
    const to = { number: 5n, hash: '0x05' }
    const skip = (epoch: bigint) => committer.skipTo({ source: { id: before.id, epoch }, from: null, to, reason: null })
    const cursors = async () =>
      (await api.test.admin.query('select cursor_number from chain_sources where cursor_number is not null')).rows
    await expect(skip(before.epoch)).rejects.toThrow(FencedError)
    expect(await cursors()).toEqual([])
    await skip(after?.epoch ?? 0n)
    expect(await cursors()).toHaveLength(1)
  })

  it('hand over at once when the leader releases, and a released process cannot come back unnoticed', async () => {
    const [old, next] = [createProcess(), createProcess()]
    const before = await old.claim()
    await old.release()
    const after = await next.claim()
    expect(idsOf(after)).toEqual(idsOf(before))
    for (const { id, epoch } of before) expect(after.find((source) => source.id === id)?.epoch).toBe(epoch + 1n)
    expect(await old.claim()).toEqual([])
  })

  it('raise the epoch also when the same process takes a lease again that another had in between', async () => {
    const [one, two] = [createProcess(), createProcess()]
    const [first] = await one.claim()
    await expire()
    await two.claim()
    await expire()
    const again = (await one.claim()).find(({ id }) => id === first?.id)
    expect(again?.epoch).toBe((first?.epoch ?? 0n) + 2n)
  })
})
