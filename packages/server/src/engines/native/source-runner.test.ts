import { RpcError } from '@smt/chains'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestTenant } from '../../testing/api-harness.ts'
import { monitorBody } from '../../testing/configuration-api.ts'
import { createScriptedChain, otherToken, token } from '../../testing/scripted-chain.ts'
import { startSourceScene, type SourceScene } from '../../testing/source-scene.ts'

let scene: SourceScene
let acme: TestTenant
let globex: TestTenant

beforeAll(async () => {
  scene = await startSourceScene()
  acme = scene.acme
  globex = scene.globex
})
afterAll(() => scene.api.close())

beforeEach(() => scene.newNetwork())

const following = { nextMs: 1_000 }

describe('a source that is polled', () => {
  it('begins with the block that is confirmed at its first poll and evaluates no further than head − confirmations', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    expect(await runner.poll()).toEqual(following)
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', code: null, cursor: 98, head: 100 })
    expect(await scene.matched(acme)).toEqual([98])
    script.head = 103
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([98, 99, 100, 101])
    expect(await scene.ranges()).toEqual([{ from: 98, to: 101, state: 'evaluated', reason: null }])
    expect(await scene.spans(acme)).toEqual([[98, null]])
  })

  it('is waited for while its chain has no confirmed block', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(2)
    const runner = await scene.lead(chain)
    expect(await runner.poll()).toEqual(following)
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', cursor: null })
    script.head = 3
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([1])
  })

  it('fetches each block once for all tenants, and one tenant’s monitor concerns nobody else', async () => {
    await scene.watch(acme)
    await scene.watch(globex, otherToken)
    const { script, chain } = createScriptedChain(100)
    script.tokenOf = (number) => (number < 100 ? token : otherToken)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.head = 104
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([98, 99])
    expect(await scene.matched(globex)).toEqual([100, 101, 102])
    expect(script.asked.toSorted((left, right) => left - right)).toEqual([98, 99, 100, 101, 102])
  })

  it('moves nothing back when the node names a lower head', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.head = 50
    expect(await runner.poll()).toEqual(following)
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', cursor: 98, head: 100 })
    expect(await scene.ranges()).toEqual([{ from: 98, to: 98, state: 'evaluated', reason: null }])
  })

  it('ends its poll as lost when another process has taken it over, and changes nothing', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    const successor = await scene.lead(chain)
    script.head = 105
    expect(await runner.poll()).toBe('lost')
    expect(await scene.sourceRow()).toMatchObject({ cursor: 98 })
    expect(await successor.poll()).toEqual(following)
    expect(await scene.matched(acme)).toEqual([98, 99, 100, 101, 102, 103])
    script.head = 106
    expect(await runner.poll()).toBe('lost')
  })

  it('is taken over in the middle of a poll without a gap or a repetition', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.head = 110
    let successor: Promise<unknown> = Promise.resolve()
    script.before.set(103, () => {
      script.head = 112
      return (successor = scene.lead(chain).then((other) => other.poll()))
    })
    expect(await runner.poll()).toBe('lost')
    expect(await successor).toEqual(following)
    expect(await scene.matched(acme)).toEqual([98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110])
    expect(await scene.ranges()).toEqual([{ from: 98, to: 110, state: 'evaluated', reason: null }])
  })
})

describe('a node that fails', () => {
  it.each(['null_result', 'unreachable', 'inconsistent_block', 'rpc_error'] as const)(
    'with %s moves nothing and is visible; everybody who watches is told at the second failure, and when it is over',
    async (code) => {
      await scene.watch(acme)
      await scene.watch(globex)
      const { script, chain } = createScriptedChain(100)
      const runner = await scene.lead(chain)
      await runner.poll()
      script.head = 105
      script.failing.set(99, new RpcError(code, 'eth_getBlockByNumber'))
      await runner.poll()
      expect(await scene.sourceRow()).toMatchObject({
        state: 'failing',
        code,
        cursor: 98,
        failing_since: expect.any(Date),
      })
      expect(await scene.noticesOf(acme)).toEqual([])
      await runner.poll()
      const told = (isOpen: boolean) => [{ kind: 'network_failing', subject_id: scene.networkId(), is_open: isOpen }]
      expect([await scene.noticesOf(acme), await scene.noticesOf(globex)]).toEqual([told(true), told(true)])
      script.failing.clear()
      expect(await runner.poll()).toEqual(following)
      expect(await scene.sourceRow()).toMatchObject({
        state: 'following',
        code: null,
        cursor: 103,
        failing_since: null,
      })
      expect([await scene.noticesOf(acme), await scene.noticesOf(globex)]).toEqual([told(false), told(false)])
      expect(await scene.matched(acme)).toEqual([98, 99, 100, 101, 102, 103])
    },
  )

  it('fails since its first failure, however often it is tried', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.head = 105
    script.failing.set(99, new RpcError('null_result', 'eth_getBlockByNumber'))
    await runner.poll()
    await scene.api.test.admin.query(`update chain_sources set failing_since = '2026-01-01T00:00:00Z' where id = $1`, [
      scene.sourceId(),
    ])
    await runner.poll()
    expect(await scene.sourceRow()).toMatchObject({ state: 'failing', failing_since: new Date('2026-01-01T00:00:00Z') })
  })

  it('is left alone for longer each time, at most five minutes', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.headError = new RpcError('timeout', 'eth_blockNumber')
    const delays: unknown[] = []
    for (let failure = 0; failure < 11; failure += 1) delays.push(await runner.poll())
    const expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    expect(delays).toEqual(expected.map((seconds) => ({ nextMs: seconds * 1_000 })))
    script.headError = undefined
    expect(await runner.poll()).toEqual(following)
  })

  it('loses nothing of what was evaluated before the block that failed', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.head = 110
    script.empty = new Set([99, 100, 101])
    script.failing.set(102, new RpcError('null_result', 'eth_getBlockByNumber'))
    await runner.poll()
    expect(await scene.sourceRow()).toMatchObject({ state: 'failing', cursor: 101 })
    expect(await scene.ranges()).toEqual([{ from: 98, to: 101, state: 'evaluated', reason: null }])
  })

  it('whose trouble is over is told to a tenant that has stopped watching meanwhile', async () => {
    await scene.watch(acme)
    await scene.watch(globex)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.headError = new RpcError('timeout', 'eth_blockNumber')
    await runner.poll()
    await runner.poll()
    await scene.call(globex, 'POST', '/monitors/transfers/pause')
    script.headError = undefined
    await runner.poll()
    expect(await scene.noticesOf(globex)).toEqual([
      { kind: 'network_failing', subject_id: scene.networkId(), is_open: false },
    ])
  })

  it('is no trouble of a network that nobody watches any more', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.headError = new RpcError('timeout', 'eth_blockNumber')
    await runner.poll()
    await runner.poll()
    await scene.call(acme, 'POST', '/monitors/transfers/pause')
    runner.isWatched(false)
    expect(await runner.poll()).toBe('retired')
    expect(await scene.sourceRow()).toMatchObject({ state: 'idle', code: null, failing_since: null })
    expect(await scene.noticesOf(acme)).toEqual([
      { kind: 'network_failing', subject_id: scene.networkId(), is_open: false },
    ])
  })
})

describe('blocks that are too old', () => {
  it('are skipped only when max_past_blocks says so, as a range and with a notice', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain, { maxPastBlocks: 3n })
    await runner.poll()
    script.head = 120
    await runner.poll()
    expect(await scene.ranges()).toEqual([
      { from: 98, to: 98, state: 'evaluated', reason: null },
      { from: 99, to: 114, state: 'skipped', reason: 'max_past_blocks' },
      { from: 115, to: 118, state: 'evaluated', reason: null },
    ])
    expect(await scene.matched(acme)).toEqual([98, 115, 116, 117, 118])
    expect(await scene.noticesOf(acme)).toEqual([
      { kind: 'blocks_skipped', subject_id: scene.networkId(), is_open: true },
    ])
  })

  it('are all evaluated when it is unlimited', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.head = 320
    while ((await scene.sourceRow())?.cursor !== 318) await runner.poll()
    expect(await scene.ranges()).toEqual([{ from: 98, to: 318, state: 'evaluated', reason: null }])
    expect(await scene.matched(acme)).toHaveLength(221)
    expect(await scene.noticesOf(acme)).toEqual([])
  })
})

describe('a source that nobody watches', () => {
  it('is retired: its spans end with the last evaluated block and it is idle', async () => {
    await scene.watch(acme)
    const { chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    await scene.call(acme, 'POST', '/monitors/transfers/pause')
    runner.isWatched(false)
    expect(await runner.poll()).toBe('retired')
    expect(await scene.sourceRow()).toMatchObject({ state: 'idle', cursor: 98 })
    expect(await scene.spans(acme)).toEqual([[98, 98]])
  })

  it('begins at the confirmed block when somebody watches again; what lies between is a visible gap', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    await scene.call(acme, 'POST', '/monitors/transfers/pause')
    runner.isWatched(false)
    await runner.poll()
    script.head = 200
    await scene.call(acme, 'POST', '/monitors/transfers/resume')
    await (await scene.lead(chain)).poll()
    expect(await scene.ranges()).toEqual([
      { from: 98, to: 98, state: 'evaluated', reason: null },
      { from: 99, to: 197, state: 'skipped', reason: 'no_active_monitor' },
      { from: 198, to: 198, state: 'evaluated', reason: null },
    ])
    expect(await scene.spans(acme)).toEqual([
      [98, 98],
      [198, null],
    ])
    expect(await scene.matched(acme)).toEqual([98, 198])
    expect(await scene.noticesOf(acme)).toEqual([
      { kind: 'blocks_skipped', subject_id: scene.networkId(), is_open: true },
    ])
  })
})

describe('a change of configuration', () => {
  it('between two blocks is in force from exactly the next one, and nothing before is evaluated again', async () => {
    await scene.watch(acme)
    await scene.watch(globex)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.head = 120
    // The reader is four blocks ahead: while it fetches 107, block 103 has been evaluated and 104 has not.
    script.before.set(107, () => scene.watchInstead(acme, otherToken))
    await runner.poll()
    const from = (await scene.spans(acme))[1]?.[0] ?? 0
    expect(from).toBeGreaterThan(98)
    expect(await scene.spans(acme)).toEqual([
      [98, from - 1],
      [from, null],
    ])
    expect(await scene.matched(acme)).toEqual(Array.from({ length: from - 98 }, (_, index) => 98 + index))
    expect(await scene.spans(globex)).toEqual([[98, null]])
    expect(await scene.matched(globex)).toHaveLength(21)
    expect(await scene.ranges()).toEqual([{ from: 98, to: 118, state: 'evaluated', reason: null }])
  })

  it('that is committed before a block is evaluated is in force on it: a new, a paused and a deleted monitor', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    await scene.watch(globex)
    script.head = 102
    await runner.poll()
    await scene.call(acme, 'POST', '/monitors/transfers/pause')
    script.head = 104
    await runner.poll()
    await scene.call(acme, 'POST', '/monitors/transfers/resume')
    script.head = 106
    await runner.poll()
    await scene.call(globex, 'DELETE', '/monitors/transfers')
    script.head = 108
    await runner.poll()
    expect(await scene.matched(globex)).toEqual([99, 100, 101, 102, 103, 104])
    expect(await scene.spans(globex)).toEqual([[99, 104]])
    expect(await scene.matched(acme)).toEqual([98, 99, 100, 103, 104, 105, 106])
    expect(await scene.spans(acme)).toEqual([
      [98, 100],
      [103, null],
    ])
    expect(runner.monitors()).toBe(1)
  })

  it('outlives a change of leader: open spans are taken over as they are', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    await (await scene.lead(chain)).poll()
    script.head = 105
    script.tokenOf = (number) => (number < 102 ? token : otherToken)
    await scene.watchInstead(acme, otherToken)
    await scene.watch(globex)
    await (await scene.lead(chain)).poll()
    expect(await scene.spans(acme)).toEqual([
      [98, 98],
      [99, null],
    ])
    expect(await scene.spans(globex)).toEqual([[99, null]])
    expect(await scene.matched(acme)).toEqual([98, 102, 103])
  })
})

describe('a monitor that fails on a block', () => {
  it('has a gap and a notice of its own until it is repaired; all others have their matches at once', async () => {
    await scene.watch(globex)
    await scene.call(acme, 'POST', '/monitors', {
      ...monitorBody('transfers', {
        ...scene.transfers(token),
        match_conditions: { functions: [], events: [], transactions: [{ status: 'Success' }] },
      }),
    })
    const { script, chain } = createScriptedChain(100)
    script.hasReceipts = false
    const runner = await scene.lead(chain)
    expect(await runner.poll()).toEqual(following)
    const failures = () =>
      scene.rowsOf(`select tenant_id, block_number::int as block, attempts, resolved_at is null as is_open
        from monitor_failures where source_id = $1`)
    const gap = { tenant_id: acme.id, block: 98 }
    expect([await scene.matched(acme), await scene.matched(globex)]).toEqual([[], [98]])
    expect(await failures()).toEqual([{ ...gap, attempts: 1, is_open: true }])
    const retry = async () => {
      await scene.api.test.admin.query('update monitor_failures set next_attempt_at = now()')
      scene.api.clock.advance(10_000)
      await runner.poll()
    }
    await retry()
    expect(await failures()).toEqual([{ ...gap, attempts: 2, is_open: true }])
    const notice = { kind: 'monitor_failing', subject_id: 'transfers' }
    expect(await scene.noticesOf(acme)).toEqual([{ ...notice, is_open: true }])
    script.hasReceipts = true
    await retry()
    expect(await failures()).toEqual([{ ...gap, attempts: 2, is_open: false }])
    expect(await scene.noticesOf(acme)).toEqual([{ ...notice, is_open: false }])
    expect([await scene.matched(acme), await scene.matched(globex)]).toEqual([[98], [98]])
    expect(await scene.noticesOf(globex)).toEqual([])
  })
})

describe('a source whose budget of requests is used up', () => {
  it('comes again when there is room, asks nothing meanwhile, falls behind visibly and skips nothing', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const budget = { delayMs: 0, blocks: Infinity }
    const delayMs = async () => (script.asked.length >= budget.blocks ? 700 : budget.delayMs)
    const runner = await scene.lead(chain, { delayMs })
    expect(await runner.poll()).toEqual(following)
    script.head = 110
    // Room for three blocks more; the slice ends there, and not as a failure.
    budget.blocks = script.asked.length + 3
    expect(await runner.poll()).toEqual({ nextMs: 700 })
    const behind = script.asked.length
    expect(await scene.sourceRow()).toMatchObject({ state: 'catching_up', code: 'throttled', failing_since: null })
    const status = await scene.call(acme, 'GET', `/networks/${scene.networkId()}/status`)
    expect(status.json).toMatchObject({ state: 'catching_up', code: 'throttled' })
    expect(Number(status.json.lag_blocks)).toBeGreaterThan(0)
    scene.api.clock.advance(3_000)
    expect(await runner.poll()).toEqual({ nextMs: 700 })
    expect([script.asked.length, runner.isSound()]).toEqual([behind, true])
    budget.blocks = Infinity
    expect(await runner.poll()).toEqual(following)
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', code: null, cursor: 108 })
    expect(await scene.ranges()).toEqual([{ from: 98, to: 108, state: 'evaluated', reason: null }])
    expect(await scene.matched(acme)).toEqual([98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108])
    expect(await scene.noticesOf(acme)).toEqual([])
  })

  it('says so when it is held for longer than two seconds, but not for every short wait', async () => {
    await scene.watch(acme)
    const { chain } = createScriptedChain(100)
    let heldMs = 0
    const runner = await scene.lead(chain, { delayMs: async () => heldMs })
    await runner.poll()
    heldMs = 500
    expect(await runner.poll()).toEqual({ nextMs: 500 })
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', code: null })
    scene.api.clock.advance(2_000)
    await runner.poll()
    expect(await scene.sourceRow()).toMatchObject({ state: 'catching_up', code: 'throttled' })
    heldMs = 0
    expect(await runner.poll()).toEqual(following)
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', code: null })
  })
})
