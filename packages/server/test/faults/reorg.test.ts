import { startAnvil } from '@smt/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasServer } from '../../src/testing/harness.ts'
import { heightOf, startReorgRun, until, type ReorgRun } from './reorg-run.ts'

/** Nothing lost, nothing believed that did not happen, nothing told for nothing. */
const right = { missing: [], wrong: [], twice: [], strayRetractions: [] }

/** All of them where SMT_REORG_DEPTHS says so, else odd and even ones, small and large: each takes seconds. */
const depths =
  process.env['SMT_REORG_DEPTHS'] === 'all' ? Array.from({ length: 20 }, (_, index) => index + 1) : [1, 2, 3, 8, 13, 20]

describe('a chain that is reorganised', () => {
  let run: ReorgRun

  beforeEach(async () => {
    run = await startReorgRun()
  })
  afterEach(() => run?.dispose())

  /** The chain as it was before `blocks` more were mined on it: what a longer branch may begin from. */
  const mineAbandoned = async (blocks: number): Promise<() => Promise<unknown>> => {
    const snapshot = await run.anvil.rpc('evm_snapshot', [])
    await run.mine(blocks)
    return () => run.anvil.rpc('evm_revert', [snapshot])
  }

  it(
    'by 1 to 20 blocks beyond its confirmations leaves its receiver right each time',
    { timeout: 300_000 },
    async () => {
      let retracted = 0
      for (const depth of depths) {
        await run.mine(2)
        const revert = await mineAbandoned(depth)
        await run.anvil.rpc('evm_mine', [])
        await run.settled()
        // Odd: the node replaces its blocks at the same height. Even: its chain is shorter for a while.
        if (depth % 2 === 1) await run.anvil.rpc('anvil_reorg', [depth + 1, []])
        else await revert()
        await run.mine(depth + 3)
        await run.settled()
        retracted += depth
        expect({ depth, ...(await run.verdict()) }).toMatchObject({ depth, ...right, retracted })
      }
      const { body } = await run.tenant.get('/notices?kind=chain_reorganised')
      expect(body['items']).toMatchObject([{ subject: { kind: 'network', id: 'chain' }, occurrences: depths.length }])
      const deliveries = await run.tenant.get('/deliveries?limit=1')
      expect(deliveries.body['items']).toMatchObject([{ state: 'delivered' }])
    },
  )

  it(
    'and returns to its first branch tells its alerts again, once, as their next incarnation',
    { timeout: 180_000 },
    async () => {
      await run.mine(3)
      // The other node shares this one's history and goes its own way from here.
      const other = await startAnvil({ args: ['--fork-url', run.anvil.url] })
      try {
        await run.mine(5)
        await run.settled()
        const { alerts } = await run.verdict()
        await run.mine(8, other)
        run.proxy.setTarget(other.url)
        await run.settled(other)
        expect(await run.verdict(other)).toMatchObject({ ...right, retracted: 4 })
        await run.mine(6)
        run.proxy.setTarget(run.anvil.url)
        await run.settled()
        expect(await run.verdict()).toMatchObject({ ...right, retracted: 4 + 7 })
        const again = run.receiver.requests.filter(({ headers }) => headers['webhook-incarnation'] === '2')
        expect(new Set(again.map(({ headers }) => headers['webhook-id'])).size).toBe(4)
        expect(alerts).toBeGreaterThanOrEqual(7)
      } finally {
        await other.stop()
      }
    },
  )

  it('while it is being caught up with', { timeout: 180_000 }, async () => {
    await run.mine(2)
    await run.settled()
    await run.server.stop()
    await run.mine(20)
    const revert = await mineAbandoned(60)
    // Slow enough to be caught in the middle.
    run.proxy.intercept(({ method }) => (method === 'eth_getLogs' ? { delayMs: 100 } : undefined))
    const snapshotHeight = (await heightOf(run.anvil)) - 60
    await run.server.start()
    await until(async () => (await run.status()).cursor > snapshotHeight + 10)
    expect((await run.status()).lag).toBeGreaterThan(5)
    await revert()
    run.proxy.intercept(undefined)
    await run.mine(70)
    await run.settled()
    const verdict = await run.verdict()
    expect(verdict).toMatchObject(right)
    expect(verdict.retracted).toBeGreaterThanOrEqual(1)
  })

  /** A fork is due to be followed, and whoever leads the source never gets an answer on its way down. */
  const stopInTheSearch = async (): Promise<void> => {
    await run.mine(2)
    const revert = await mineAbandoned(6)
    await run.anvil.rpc('evm_mine', [])
    await run.settled()
    let headers = 0
    // Only the search asks for blocks without their transactions.
    run.proxy.intercept(({ method, params }) => {
      if (method !== 'eth_getBlockByNumber' || !Array.isArray(params) || params[1] !== false) return undefined
      headers += 1
      return headers < 4 ? undefined : { delayMs: 9_000 }
    })
    await revert()
    await run.mine(9)
    await until(async () => headers >= 4)
    expect(await run.verdict()).toMatchObject({ retracted: 0 })
  }

  it('while its leader is killed and started again', { timeout: 180_000 }, async () => {
    await stopInTheSearch()
    await run.server.kill()
    run.proxy.intercept(undefined)
    await run.server.start()
    await run.settled()
    expect(await run.verdict()).toMatchObject({ ...right, retracted: 6 })
  })

  it.skipIf(!hasServer())(
    'while its leader is killed and another process takes over',
    { timeout: 180_000 },
    async () => {
      const twin = await run.server.twin()
      try {
        await twin.start()
        await stopInTheSearch()
        await run.server.kill()
        run.proxy.intercept(undefined)
        await until(async () => {
          const { missing, wrong } = await run.verdict()
          return missing.length === 0 && wrong.length === 0
        })
        expect(await run.verdict()).toMatchObject({ ...right, retracted: 6 })
      } finally {
        await twin.dispose()
      }
    },
  )
})
