import { describe, expect, it } from 'vitest'
import { down, parseText, result, scriptedPool, up, type Node } from './testing/scripted-nodes.ts'

describe('abort', () => {
  it('asks nobody when the signal is aborted already', async () => {
    const { pool, takeCalls } = scriptedPool({ a: up })
    const signal = AbortSignal.abort()
    await expect(pool.call('m', [], parseText, { signal })).rejects.toMatchObject({ code: 'aborted' })
    expect(takeCalls()).toEqual([])
  })

  it.each<[string, Node, unknown]>([
    ['ignores', () => ({ pending: true }), []],
    ['obeys', down, [['m', 'aborted']]],
  ])(
    'ends the call at once, without fail-over or back-off, when the transport %s it',
    async (_, transport, reported) => {
      const controller = new AbortController()
      let isFirst = true
      const first: Node = (request) => {
        if (request.method === 'eth_chainId') return result('0x1')
        if (!isFirst) return up(request)
        isFirst = false
        controller.abort()
        return transport(request)
      }
      const { pool, takeCalls, requests, outcomes } = scriptedPool({ a: first, b: up }, { expectedChainId: 1n })
      const { signal } = controller
      await expect(pool.call('m', [], parseText, { signal })).rejects.toMatchObject({ code: 'aborted' })
      expect(requests[1]?.signal).toBe(signal)
      expect(outcomes.slice(1)).toEqual(reported)
      await pool.call('m', [], parseText)
      // A failure would have meant another check of the chain id.
      expect(takeCalls()).toEqual(['a:eth_chainId', 'a:m', 'a:m'])
    },
  )

  it('leaves the chain id check to the other calls that wait for it', async () => {
    const controller = new AbortController()
    const node: Node = ({ method }) => result(method === 'eth_chainId' ? '0x1' : 'a')
    const { pool, takeCalls } = scriptedPool({ a: node }, { expectedChainId: 1n })
    const aborted = pool.call('m', [], parseText, { signal: controller.signal })
    const other = pool.call('m', [], parseText)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
    await expect(other).resolves.toBe('a')
    expect(takeCalls()).toEqual(['a:eth_chainId', 'a:m'])
  })
})
