import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { TestTenant } from '../../testing/api-harness.ts'
import { monitorBody } from '../../testing/configuration-api.ts'
import { createScriptedChain, otherToken, token } from '../../testing/scripted-chain.ts'
import { startSourceScene, type SourceScene } from '../../testing/source-scene.ts'

// A monitor that fails is in source-runner.test.ts.
describe('a monitor that costs what a monitor can cost', () => {
  let scene: SourceScene
  let greedy: TestTenant
  let other: TestTenant

  beforeAll(async () => {
    scene = await startSourceScene()
    greedy = scene.acme
    other = scene.globex
  })
  afterAll(() => scene.api.close())
  beforeEach(() => scene.newNetwork())

  const event = 'Transfer(address,address,uint256)'
  const watched = (address: string): unknown[] => {
    const { addresses } = z.object({ addresses: z.array(z.unknown()) }).parse(scene.transfers(address))
    return addresses
  }
  const watchWith = (expression: string) =>
    scene.call(
      greedy,
      'POST',
      '/monitors',
      monitorBody('greedy', {
        ...scene.transfers(token),
        match_conditions: { functions: [], events: [{ signature: event, expression }], transactions: [] },
      }),
    )

  it('by thousands of conditions in one expression delays no match of another tenant beyond its own poll', async () => {
    const terms = Array.from({ length: 5_000 }, (_, index) => `value == ${index + 1_000_000}`)
    await watchWith(`${terms.join(' OR ')} OR value == 98`)
    await scene.watch(other)
    const { script, chain } = createScriptedChain(100)
    const runner = await scene.lead(chain)
    await runner.poll()
    expect([await scene.matched(greedy), await scene.matched(other)]).toEqual([[98], [98]])
    script.head = 110
    await runner.poll()
    expect(await scene.matched(other)).toEqual([98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108])
    expect(await scene.matched(greedy)).toEqual([98])
    expect(await scene.noticesOf(other)).toEqual([])
  })

  it('by matching everything, ten times over, takes no match of another tenant away and delays none', async () => {
    for (let n = 0; n < 10; n += 1) {
      // Every transaction of this chain is a transfer of one of the two.
      const addresses = [token, otherToken].flatMap((address) => watched(address))
      const change = { ...scene.transfers(token), addresses, name: `Everything ${n}` }
      await scene.call(greedy, 'POST', '/monitors', monitorBody(`everything_${n}`, change))
    }
    await scene.watch(other, otherToken)
    const { script, chain } = createScriptedChain(100)
    script.tokenOf = (number) => (number % 2 === 0 ? otherToken : token)
    const runner = await scene.lead(chain)
    await runner.poll()
    script.head = 106
    await runner.poll()
    expect(await scene.matched(other)).toEqual([98, 100, 102, 104])
    expect((await scene.matched(greedy)).length).toBe(10 * 7)
  })
})
