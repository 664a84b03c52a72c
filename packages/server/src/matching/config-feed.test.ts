import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestApi, TestTenant } from '../testing/api-harness.ts'
import { startConfigurationApi } from '../testing/configuration-api.ts'
import { hasServer } from '../testing/harness.ts'
import { createConfigFeed, type ConfigFeed } from './config-feed.ts'

let api: TestApi
let acme: TestTenant
let feed: ConfigFeed
let told: number

beforeAll(async () => {
  api = await startConfigurationApi()
  acme = await api.createTenant('acme')
})
afterAll(() => api.close())
beforeEach(async () => {
  told = 0
  feed = createConfigFeed({ database: api.database, onSourcesChanged: () => (told += 1) })
  await feed.start()
})

type Change = { sourceId: string; objectId?: string; kind?: string }

type Client = { query(text: string, values: unknown[]): Promise<unknown> }

async function change(
  { sourceId, objectId = randomUUID(), kind = 'monitor' }: Change,
  client: Client = api.test.admin,
): Promise<string> {
  await client.query(
    'insert into config_changes (tenant_id, source_id, object_kind, object_id) values ($1, $2, $3, $4)',
    [acme.id, sourceId, kind, objectId],
  )
  return objectId
}

describe('a change', () => {
  it('of a monitor is found by the next poll, and taken once', async () => {
    const source = randomUUID()
    feed.track(source)
    const id = await change({ sourceId: source })
    expect(feed.isDirty(source)).toBe(false)
    await feed.poll()
    expect(feed.isDirty(source)).toBe(true)
    expect(feed.take(source)).toEqual([id])
    await feed.poll()
    expect([feed.isDirty(source), feed.take(source)]).toEqual([false, []])
    expect(told).toBe(0)
  })

  it('of the same monitor again is found again', async () => {
    const source = randomUUID()
    feed.track(source)
    const objectId = await change({ sourceId: source })
    await change({ sourceId: source, objectId })
    await feed.poll()
    expect(feed.take(source)).toEqual([objectId])
    await change({ sourceId: source, objectId })
    await feed.poll()
    expect(feed.take(source)).toEqual([objectId])
  })

  it('of one source concerns no other', async () => {
    const [one, two] = [randomUUID(), randomUUID()]
    feed.track(one)
    feed.track(two)
    const id = await change({ sourceId: one })
    await feed.poll()
    expect([feed.take(one), feed.take(two)]).toEqual([[id], []])
  })

  it('that could not be applied is given back and found again', async () => {
    const source = randomUUID()
    feed.track(source)
    const id = await change({ sourceId: source })
    await feed.poll()
    feed.restore(source, feed.take(source))
    expect([feed.isDirty(source), feed.take(source)]).toEqual([true, [id]])
  })

  it('of a source that is not tracked is told once as a change of the sources', async () => {
    const source = randomUUID()
    await change({ sourceId: source })
    await feed.poll()
    await feed.poll()
    expect([told, feed.isDirty(source)]).toEqual([1, false])
    feed.track(source)
    feed.untrack(source)
    await change({ sourceId: source })
    await feed.poll()
    expect([told, feed.take(source)]).toEqual([2, []])
  })

  it('of a network is told as a change of the sources, tracked or not', async () => {
    const source = randomUUID()
    feed.track(source)
    await change({ sourceId: source, kind: 'network' })
    await feed.poll()
    expect([told, feed.isDirty(source)]).toEqual([1, false])
  })

  it('that was committed before a poll was asked for is found by it, also when another poll runs already', async () => {
    const source = randomUUID()
    feed.track(source)
    const early = feed.poll()
    const id = await change({ sourceId: source })
    await feed.poll()
    await early
    expect(feed.take(source)).toEqual([id])
  })

  it('is found after the database was away', async () => {
    const source = randomUUID()
    let isAway = true
    const flaky = createConfigFeed({
      database: {
        withPlatform: (fn) =>
          isAway ? Promise.reject(new Error('the database is away')) : api.database.withPlatform(fn),
      },
      onSourcesChanged: () => undefined,
    })
    flaky.track(source)
    const id = await change({ sourceId: source })
    await expect(flaky.poll()).rejects.toThrow('away')
    isAway = false
    await flaky.poll()
    expect(flaky.take(source)).toEqual([id])
  })
})

describe.skipIf(!hasServer())('changes of transactions that overlap', () => {
  const clients: pg.Client[] = []
  const begin = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: api.test.urls?.admin })
    await client.connect()
    clients.push(client)
    await client.query('begin')
    return client
  }
  afterAll(async () => {
    for (const client of clients) await client.end()
  })

  it('are all seen, each once, although the earlier sequence number is committed later', async () => {
    const source = randomUUID()
    feed.track(source)
    const [early, late] = [await begin(), await begin()]
    const first = await change({ sourceId: source }, early)
    const second = await change({ sourceId: source }, late)
    await late.query('commit')
    await feed.poll()
    expect(feed.take(source)).toEqual([second])
    await feed.poll()
    expect(feed.take(source)).toEqual([])
    await early.query('commit')
    await feed.poll()
    expect(feed.take(source)).toEqual([first])
    await feed.poll()
    expect(feed.take(source)).toEqual([])
  })

  it('are seen although the feed was started while they ran', async () => {
    const source = randomUUID()
    const running = await begin()
    const id = await change({ sourceId: source }, running)
    const started = createConfigFeed({ database: api.database, onSourcesChanged: () => undefined })
    await started.start()
    started.track(source)
    await change({ sourceId: randomUUID() })
    await started.poll()
    expect(started.isDirty(source)).toBe(false)
    await running.query('commit')
    await started.poll()
    expect(started.take(source)).toEqual([id])
  })

  it('that are rolled back are never seen and hold nothing up', async () => {
    const source = randomUUID()
    feed.track(source)
    const undone = await begin()
    await change({ sourceId: source }, undone)
    const id = await change({ sourceId: source })
    await undone.query('rollback')
    await feed.poll()
    expect(feed.take(source)).toEqual([id])
  })
})
