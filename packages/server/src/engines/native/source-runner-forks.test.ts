import { RpcError } from '@smt/chains'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestTenant } from '../../testing/api-harness.ts'
import { monitorBody } from '../../testing/configuration-api.ts'
import { createScriptedChain, hashOf, otherToken, token } from '../../testing/scripted-chain.ts'
import { startSourceScene, type SourceScene } from '../../testing/source-scene.ts'
import type { SourceRunner } from './source-runner.ts'

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
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const orphaned = () =>
  scene.rowsOf(`select block_number::int as block from matches
    where source_id = $1 and orphaned_at is not null order by block_number`)
const rollbacks = () =>
  scene.rowsOf(`select from_number::int as "from", to_number::int as "to", orphaned_matches::int as orphaned
    from source_rollbacks where source_id = $1 order by created_at, id`)
const blocks = () =>
  scene.rowsOf<{ number: number; hash: string }>(
    'select number::int as number, hash from source_blocks where source_id = $1 order by number',
  )

/** Polls until there is no more to do at once: on a slow machine a poll ends before its blocks do. */
async function follow(runner: SourceRunner): ReturnType<SourceRunner['poll']> {
  for (;;) {
    const outcome = await runner.poll()
    if (typeof outcome !== 'object' || outcome.nextMs > 0) return outcome
  }
}

/** A source that has evaluated blocks 100 to `head`, one match in each, without confirmations. */
async function startFollowing(head: number, confirmationBlocks = 0n) {
  await scene.watch(acme)
  const first = 100 + Number(confirmationBlocks)
  const { script, chain } = createScriptedChain(first)
  const runner = await scene.lead(chain, { confirmationBlocks })
  await follow(runner)
  script.head = head
  expect(await follow(runner)).toEqual(following)
  return { script, chain, runner }
}

describe('a fork below the cursor', () => {
  it.each(numbers(1, 20))(
    'of depth %i is rolled back, and the new branch evaluated in the same poll',
    async (depth) => {
      const { script, runner } = await startFollowing(125)
      script.forks.set(126 - depth, 'b')
      script.head = 130
      expect(await follow(runner)).toEqual(following)
      expect(await scene.sourceRow()).toMatchObject({ state: 'following', code: null, cursor: 130 })
      expect(await rollbacks()).toEqual([{ from: 125, to: 125 - depth, orphaned: depth }])
      expect((await orphaned()).map(({ block }) => block)).toEqual(numbers(126 - depth, 125))
      expect(await scene.matched(acme)).toEqual(numbers(100, 130))
      expect(await scene.ranges()).toEqual([{ from: 100, to: 130, state: 'evaluated', reason: null }])
      expect(await blocks()).toEqual(
        numbers(100, 130).map((number) => ({
          number,
          hash: hashOf(`block ${number}${number > 125 - depth ? ' of b' : ''}`),
        })),
      )
      expect(await scene.noticesOf(acme)).toEqual([])
    },
  )

  it('is noticed with confirmations too, when it is deeper than they are', async () => {
    const { script, runner } = await startFollowing(125, 2n)
    script.forks.set(124, 'b')
    script.head = 128
    await follow(runner)
    expect(await rollbacks()).toEqual([])
    script.forks.set(124, 'c')
    script.head = 130
    await follow(runner)
    expect(await rollbacks()).toEqual([{ from: 126, to: 123, orphaned: 3 }])
    expect(await scene.matched(acme)).toEqual(numbers(100, 128))
  })

  it('moves nothing while its chain is not longer than the one that was evaluated', async () => {
    const { script, runner } = await startFollowing(125)
    script.forks.set(120, 'b')
    for (const head of [119, 121, 125]) {
      script.head = head
      expect(await follow(runner)).toEqual(following)
    }
    expect(await rollbacks()).toEqual([])
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', cursor: 125, hash: hashOf('block 125') })
    script.head = 126
    await follow(runner)
    expect(await rollbacks()).toEqual([{ from: 125, to: 119, orphaned: 6 }])
  })

  it('that is left for the first branch again brings its matches back, each as its next incarnation', async () => {
    const { script, runner } = await startFollowing(110)
    await scene.api.test.admin.query(`update matches set fanout_state = 'done'`)
    script.forks.set(106, 'b')
    script.head = 112
    await follow(runner)
    script.forks.clear()
    script.head = 114
    await follow(runner)
    expect(await rollbacks()).toEqual([
      { from: 110, to: 105, orphaned: 5 },
      { from: 112, to: 105, orphaned: 7 },
    ])
    expect(await scene.matched(acme)).toEqual(numbers(100, 114))
    const rows = await scene.rowsOf(`select block_number::int as block, incarnation, fanout_state as state from matches
      where source_id = $1 and orphaned_at is null order by block_number`)
    expect(rows).toEqual([
      ...numbers(100, 105).map((block) => ({ block, incarnation: 1, state: 'done' })),
      ...numbers(106, 110).map((block) => ({ block, incarnation: 2, state: 'pending' })),
      ...numbers(111, 114).map((block) => ({ block, incarnation: 1, state: 'pending' })),
    ])
  })

  it('below the first block that was evaluated undoes everything and goes on', async () => {
    const { script, runner } = await startFollowing(103)
    script.forks.set(50, 'b')
    script.head = 105
    expect(await follow(runner)).toEqual(following)
    expect(await rollbacks()).toEqual([{ from: 103, to: 99, orphaned: 4 }])
    expect(await scene.matched(acme)).toEqual(numbers(100, 105))
    expect(await scene.ranges()).toEqual([{ from: 100, to: 105, state: 'evaluated', reason: null }])
  })

  it('while a source is far behind is rolled back as well', async () => {
    const { script, runner } = await startFollowing(110)
    script.forks.set(105, 'b')
    script.head = 400
    while ((await scene.sourceRow())?.['cursor'] !== 400) await follow(runner)
    expect(await rollbacks()).toEqual([{ from: 110, to: 104, orphaned: 6 }])
    expect(await scene.matched(acme)).toEqual(numbers(100, 400))
  })

  it('is seen before blocks are skipped', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain, { confirmationBlocks: 0n, maxPastBlocks: 3n })
    await follow(runner)
    script.head = 103
    await follow(runner)
    script.forks.set(102, 'b')
    script.head = 120
    expect(await follow(runner)).toEqual(following)
    expect((await orphaned()).map(({ block }) => block)).toEqual([102, 103])
    expect(await scene.ranges()).toEqual([
      { from: 100, to: 101, state: 'evaluated', reason: null },
      { from: 102, to: 116, state: 'skipped', reason: 'max_past_blocks' },
      { from: 117, to: 120, state: 'evaluated', reason: null },
    ])
  })

  it('among blocks that were skipped leaves them skipped', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain, { confirmationBlocks: 0n, maxPastBlocks: 3n })
    await follow(runner)
    script.head = 120
    await follow(runner)
    script.forks.set(110, 'b')
    script.head = 122
    expect(await follow(runner)).toEqual(following)
    expect(await rollbacks()).toEqual([{ from: 120, to: 116, orphaned: 4 }])
    expect(await scene.ranges()).toEqual([
      { from: 100, to: 100, state: 'evaluated', reason: null },
      { from: 101, to: 116, state: 'skipped', reason: 'max_past_blocks' },
      { from: 117, to: 122, state: 'evaluated', reason: null },
    ])
  })

  it('is rolled back by whoever leads the source next, and a leader of before can change nothing', async () => {
    const { script, chain, runner } = await startFollowing(110)
    script.forks.set(105, 'b')
    script.head = 112
    const successor = await scene.lead(chain, { confirmationBlocks: 0n })
    expect(await runner.poll()).toBe('lost')
    expect(await rollbacks()).toEqual([])
    expect(await follow(successor)).toEqual(following)
    expect(await rollbacks()).toEqual([{ from: 110, to: 104, orphaned: 6 }])
    expect(await scene.matched(acme)).toEqual(numbers(100, 112))
  })

  it('moves what is in force with it: the new branch is evaluated with the monitors of now, and the spans say so', async () => {
    const { script, runner } = await startFollowing(103)
    await scene.watchInstead(acme, otherToken)
    await scene.watch(globex)
    script.head = 106
    await follow(runner)
    await scene.call(globex, 'POST', '/monitors/transfers/pause')
    script.head = 108
    await follow(runner)
    expect(await scene.spans(acme)).toEqual([
      [100, 103],
      [104, null],
    ])
    expect(await scene.spans(globex)).toEqual([[104, 106]])
    script.forks.set(102, 'b')
    script.tokenOf = () => otherToken
    script.head = 110
    await follow(runner)
    expect(await rollbacks()).toEqual([{ from: 108, to: 101, orphaned: 5 }])
    expect(await scene.spans(acme)).toEqual([
      [100, 101],
      [102, null],
    ])
    // Nothing of what it covered is left.
    expect(await scene.spans(globex)).toEqual([[102, 101]])
    expect(await scene.matched(acme)).toEqual([100, 101, ...numbers(102, 110)])
    expect(await scene.matched(globex)).toEqual([])
    const { json } = await scene.call(acme, 'GET', '/monitors/transfers')
    expect(json.status).toMatchObject({ effective_from_block: 102, last_evaluated_block: 110 })
  })

  it('closes what failed on abandoned blocks; a block that comes back and fails again is a gap again', async () => {
    await scene.call(acme, 'POST', '/monitors', {
      ...monitorBody('transfers', {
        ...scene.transfers(token),
        match_conditions: { functions: [], events: [], transactions: [{ status: 'Success' }] },
      }),
    })
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain, { confirmationBlocks: 0n })
    await follow(runner)
    script.hasReceipts = false
    script.head = 102
    await follow(runner)
    const gaps = async () =>
      (
        await scene.rowsOf(`select block_number::int as block, block_hash as hash from monitor_failures
          where source_id = $1 and resolved_at is null order by block_number`)
      ).map(({ hash }) => hash)
    expect(await gaps()).toEqual([hashOf('block 101'), hashOf('block 102')])
    script.hasReceipts = true
    script.forks.set(101, 'b')
    script.head = 103
    await follow(runner)
    expect(await gaps()).toEqual([])
    expect(await scene.noticesOf(acme)).toEqual([{ kind: 'monitor_failing', subject_id: 'transfers', is_open: false }])
    script.hasReceipts = false
    script.forks.clear()
    script.head = 104
    await follow(runner)
    expect(await gaps()).toEqual(numbers(101, 104).map((number) => hashOf(`block ${number}`)))
  })
})

describe('a fork that is not to be followed', () => {
  it(
    '1,000 blocks deep is followed, 1,001 blocks deep stops the source and changes nothing',
    { timeout: 120_000 },
    async () => {
      const { script, runner } = await startFollowing(101)
      script.empty = new Set(numbers(102, 2_400))
      script.head = 1_300
      while ((await scene.sourceRow())?.['cursor'] !== 1_300) await follow(runner)
      script.forks.set(301, 'b')
      script.head = 1_301
      await follow(runner)
      expect(await rollbacks()).toEqual([{ from: 1_300, to: 300, orphaned: 0 }])
      while ((await scene.sourceRow())?.['cursor'] !== 1_301) await follow(runner)

      script.forks.set(301, 'c')
      script.head = 1_302
      expect(await follow(runner)).toEqual({ nextMs: 300_000 })
      expect(await scene.sourceRow()).toMatchObject({ state: 'stopped', code: 'fork_too_deep', cursor: 1_301 })
      expect(await scene.noticesOf(acme)).toEqual([
        { kind: 'network_stopped', subject_id: scene.networkId(), is_open: true },
      ])
      expect(await rollbacks()).toHaveLength(1)
      expect(await scene.ranges()).toEqual([{ from: 100, to: 1_301, state: 'evaluated', reason: null }])
      expect(await blocks()).toHaveLength(1_000)

      script.forks.delete(301)
      script.forks.set(301, 'b')
      expect(await follow(runner)).toEqual(following)
      expect(await scene.sourceRow()).toMatchObject({ state: 'following', code: null, cursor: 1_302 })
      expect(await scene.noticesOf(acme)).toEqual([
        { kind: 'network_stopped', subject_id: scene.networkId(), is_open: false },
      ])
    },
  )

  it('that the node does not confirm is an inconsistent answer, and tried again', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await follow(runner)
    script.head = 105
    script.forks.set(97, 'a fork')
    script.headers = (number) => hashOf(`block ${number}`)
    expect(await follow(runner)).toEqual({ nextMs: 1_000 })
    expect(await scene.sourceRow()).toMatchObject({ state: 'failing', code: 'inconsistent_block', cursor: 98 })
    script.forks.clear()
    expect(await follow(runner)).toEqual(following)
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', cursor: 103 })
    expect(await rollbacks()).toEqual([])
  })

  it.each(['null_result', 'timeout'] as const)('on whose way the node answers %s moves nothing', async (code) => {
    const { script, chain, runner } = await startFollowing(110)
    script.forks.set(105, 'b')
    script.head = 112
    const pinned = chain.pinned
    let isBroken = true
    chain.pinned = () => ({
      header: (number, options) =>
        isBroken && number < 108n
          ? Promise.reject(new RpcError(code, 'eth_getBlockByNumber'))
          : pinned().header(number, options),
    })
    expect(await follow(runner)).toEqual(following)
    expect(await scene.sourceRow()).toMatchObject({ state: 'failing', code, cursor: 110, hash: hashOf('block 110') })
    expect(await rollbacks()).toEqual([])
    expect(await orphaned()).toEqual([])
    isBroken = false
    expect(await follow(runner)).toEqual(following)
    expect(await rollbacks()).toEqual([{ from: 110, to: 104, orphaned: 6 }])
  })

  it('again while the first is being followed waits for the next poll', async () => {
    const { script, runner } = await startFollowing(110)
    script.forks.set(105, 'b')
    script.head = 112
    script.before.set(105, async () => script.forks.set(103, 'c'))
    await follow(runner)
    expect(await scene.sourceRow()).toMatchObject({ state: 'failing', code: 'inconsistent_block', cursor: 104 })
    await follow(runner)
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', cursor: 112 })
    expect(await scene.matched(acme)).toEqual(numbers(100, 112))
    expect((await blocks()).filter(({ number }) => number > 102).map(({ hash }) => hash)).toEqual(
      numbers(103, 112).map((number) => hashOf(`block ${number} of c`)),
    )
  })

  it('above the cursor commits no block of the branch that was left, and heals itself', async () => {
    await scene.watch(acme)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await follow(runner)
    script.head = 105
    script.empty = new Set([99, 100, 101])
    script.empty.add(102)
    // The reader is ahead: 99 to 102 are of the old branch by then.
    script.before.set(103, async () => script.forks.set(99, 'a fork'))
    await follow(runner)
    expect(await scene.sourceRow()).toMatchObject({ state: 'failing', code: 'inconsistent_block', cursor: 98 })
    expect(await follow(runner)).toEqual(following)
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', cursor: 103 })
    const blocks = await scene.rowsOf('select hash from source_blocks where source_id = $1 and number > 98')
    expect(blocks.map(({ hash }) => hash)).toEqual([99, 100, 101, 102, 103].map((n) => hashOf(`block ${n} of a fork`)))
  })
})

describe('what was read ahead', () => {
  it('is kept from one poll to the next: each block is fetched once, however long its commit takes', async () => {
    const { script, runner } = await startFollowing(102)
    script.asked.length = 0
    script.head = 112
    for (const number of numbers(103, 112)) script.before.set(number, async () => scene.api.clock.advance(2_001))
    let polls = 0
    while ((await scene.sourceRow())?.['cursor'] !== 112) {
      await runner.poll()
      polls += 1
    }
    expect(polls).toBeGreaterThan(2)
    expect(script.asked).toEqual(numbers(103, 112))
    expect(await scene.matched(acme)).toEqual(numbers(100, 112))
  })

  it('of a branch that was left meanwhile is never committed', async () => {
    const { script, runner } = await startFollowing(102)
    script.head = 112
    script.before.set(104, async () => scene.api.clock.advance(2_001))
    expect(await runner.poll()).toEqual({ nextMs: 0 })
    script.forks.set(104, 'b')
    for (let polls = 0; polls < 5; polls += 1) await runner.poll()
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', cursor: 112 })
    expect((await blocks()).filter(({ number }) => number > 102).map(({ hash }) => hash)).toEqual(
      numbers(103, 112).map((number) => hashOf(`block ${number}${number > 103 ? ' of b' : ''}`)),
    )
  })
})

describe('a node that makes up a fork for every poll', () => {
  it.each([
    ['own', [1_000, 1_000, 1_000, 1_000, 2_000, 4_000, 1_000]],
    ['shared', [1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000]],
  ])('of an %s network is asked after %j ms, until it stops', async (kind, delays) => {
    await scene.api.test.admin.query('update chain_sources set kind = $2 where id = $1', [scene.sourceId(), kind])
    const { script, runner } = await startFollowing(125)
    const asked: unknown[] = []
    for (let n = 0; n < 6; n += 1) {
      script.forks.set(124, `branch ${n}`)
      script.head += 1
      asked.push(await follow(runner))
    }
    script.head += 1
    asked.push(await follow(runner))
    expect(asked).toEqual(delays.map((nextMs) => ({ nextMs })))
    expect(await rollbacks()).toHaveLength(6)
    expect(await scene.ranges()).toEqual([{ from: 100, to: 132, state: 'evaluated', reason: null }])
  })
})
