import { describe, expect, it } from 'vitest'
import { down, parseText, result, scriptedPool, type Node } from './testing/scripted-nodes.ts'

describe('chain id', () => {
  const serving =
    (chainId: unknown): Node =>
    ({ node, method }) =>
      result(method === 'eth_chainId' ? chainId : node)

  it('is asked once before the first use, also by calls at the same time', async () => {
    const { pool, takeCalls } = scriptedPool({ a: serving('0xffffffffffffffff') }, { expectedChainId: 2n ** 64n - 1n })
    await Promise.all([pool.call('m', [], parseText), pool.call('m', [], parseText)])
    await pool.call('m', [], parseText)
    expect(takeCalls()).toEqual(['a:eth_chainId', 'a:m', 'a:m', 'a:m'])
  })

  it('keeps an endpoint of another chain from being used', async () => {
    const { pool, takeCalls, outcomes } = scriptedPool(
      { a: serving('0x2'), b: serving('0x1') },
      { expectedChainId: 1n },
    )
    await expect(pool.call('m', [], parseText)).resolves.toBe('b')
    expect(takeCalls()).toEqual(['a:eth_chainId', 'b:eth_chainId', 'b:m'])
    expect(outcomes[0]).toEqual(['eth_chainId', 'wrong_chain_id'])
    const alone = scriptedPool({ a: serving('0x2') }, { expectedChainId: 1n })
    await expect(alone.pool.call('m', [], parseText)).rejects.toMatchObject({ code: 'wrong_chain_id' })
    expect(alone.takeCalls()).toEqual(['a:eth_chainId'])
  })

  it('is asked again when an endpoint failed and came back', async () => {
    let isDown = false
    const first: Node = (request) => (isDown ? down : serving('0x1'))(request)
    const { pool, takeCalls, clock } = scriptedPool({ a: first, b: serving('0x1') }, { expectedChainId: 1n })
    await pool.call('m', [], parseText)
    isDown = true
    await pool.call('m', [], parseText)
    isDown = false
    clock.ms += 1_000
    takeCalls()
    await pool.call('m', [], parseText)
    expect(takeCalls()).toEqual(['a:eth_chainId', 'a:m'])
  })

  it.each(['0x10000000000000000', '1', 1, '-0x1', '0x', null])('is not read from %j', async (chainId) => {
    const { pool } = scriptedPool({ a: serving(chainId) }, { expectedChainId: 1n })
    await expect(pool.call('m', [], parseText)).rejects.toMatchObject({
      code: chainId === null ? 'null_result' : 'invalid_response',
      rpcMethod: 'eth_chainId',
    })
  })
})
