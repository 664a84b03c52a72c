import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase, type Database } from '../../src/platform/db/doors.ts'
import { createServerPool } from '../../src/platform/db/open-database.ts'
import { sql } from '../../src/platform/db/tx.ts'
import { hasServer, openTestDatabase, type TestDatabase } from '../../src/testing/harness.ts'

const a = '018f0000-0000-7000-8000-00000000000a'
const b = '018f0000-0000-7000-8000-00000000000b'
const poolMax = 8
const holdS = 0.1

describe.skipIf(!hasServer())('a tenant that holds all the connections it may have', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await openTestDatabase()
  })
  afterAll(() => test.close())

  const open = (slotsOfA: number) =>
    createDatabase({
      kind: 'postgres',
      appPool: createServerPool(test.urls!.app, poolMax),
      platformPool: createServerPool(test.urls!.platform, 1),
      signContext: test.signContext,
      slotsOf: (tenantId) => (tenantId === a ? slotsOfA : 2),
    })

  /** The 99th percentile of one read of the other tenant. */
  async function p99Of(database: Database, count: number): Promise<number> {
    const times: number[] = []
    for (let n = 0; n < count; n += 1) {
      const started = performance.now()
      await database.withTenant(b, { readOnly: true }, (tx) => tx.rows(sql`select id from monitors`))
      times.push(performance.now() - started)
    }
    return times.toSorted((x, y) => x - y)[Math.floor(count * 0.99)] ?? NaN
  }

  /** Three times as many statements at once as the pool has connections, until the work is done. */
  async function whileHolding<T>(database: Database, work: () => Promise<T>): Promise<T> {
    let isOver = false
    const hold = async () => {
      while (!isOver) await database.withTenant(a, {}, (tx) => tx.rows(sql`select pg_sleep(${holdS})`))
    }
    const holding = Array.from({ length: poolMax * 3 }, hold)
    const result = await work()
    isOver = true
    await Promise.all(holding)
    return result
  }

  // Whatever else the machine does slows single rounds down, idle ones as well: the best of them shows what the wall does.
  async function bestRatio(database: Database, { rounds, count }: { rounds: number; count: number }): Promise<number> {
    let best = Infinity
    await p99Of(database, 50)
    for (let round = 0; round < rounds && best > 1.5; round += 1) {
      const idle = await p99Of(database, count)
      best = Math.min(best, (await whileHolding(database, () => p99Of(database, count))) / idle)
    }
    return best
  }

  it('leaves the p99 of another tenant within 1.5 times of what it is alone', async () => {
    const database = open(2)
    expect(await bestRatio(database, { rounds: 12, count: 200 })).toBeLessThanOrEqual(1.5)
    await database.close()
  })

  it('would be caught: with a budget as large as the pool the other waits in every round', async () => {
    const database = open(poolMax)
    expect(await bestRatio(database, { rounds: 2, count: 20 })).toBeGreaterThan(1.5)
    await database.close()
  })
})
