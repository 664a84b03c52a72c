import { parseEvmBlock } from '@smt/engine'
import { describe, expect, it } from 'vitest'
import { hash, nodeBlock, nodeReceipt } from './testing/node-answers.ts'
import { chainOf } from './testing/scripted-chain.ts'
import { answering, result, rpcError, type Node } from './testing/scripted-nodes.ts'

describe('receipts', () => {
  const block = parseEvmBlock(nodeBlock())
  const all = [nodeReceipt(hash(1)), nodeReceipt(hash(2))]
  const singly: Node = ({ method, params }) => {
    const [hashAsked] = Array.isArray(params) ? params : []
    const isKnown = method === 'eth_getTransactionReceipt' && typeof hashAsked === 'string'
    return isKnown ? result(nodeReceipt(hashAsked)) : rpcError(-32601)
  }

  it('come in one request for the block, exactly those asked for', async () => {
    const { chain, requests } = chainOf(answering({ eth_getBlockReceipts: result(all) }))
    const receipts = await chain.receipts(block, [hash(2), hash(2)])
    expect([...receipts.keys()]).toEqual([hash(2)])
    expect(receipts.get(hash(2))).toMatchObject({ transactionHash: hash(2), isSuccess: true })
    expect(requests.map(({ method, params }) => [method, params])).toEqual([['eth_getBlockReceipts', [hash(0xb1)]]])
  })

  it('pass the signal on', async () => {
    const { chain, takeCalls } = chainOf(singly)
    const options = { signal: AbortSignal.abort() }
    await expect(chain.receipts(block, [hash(1)], options)).rejects.toMatchObject({ code: 'aborted' })
    expect(takeCalls()).toEqual([])
  })

  it('need no request when none is asked for', async () => {
    const { chain, takeCalls } = chainOf(singly)
    expect(await chain.receipts(block, [])).toEqual(new Map())
    expect(takeCalls()).toEqual([])
  })

  it.each([-32601, -32004, -32600, -32000])(
    'come one by one, now and later, from a node that answers %i',
    async (code) => {
      const { chain, takeCalls } = chainOf((request) =>
        request.method === 'eth_getBlockReceipts' ? rpcError(code) : singly(request),
      )
      expect([...(await chain.receipts(block, [hash(1), hash(2), hash(1)])).keys()]).toEqual([hash(1), hash(2)])
      const single = 'n0:eth_getTransactionReceipt'
      expect(takeCalls()).toEqual(['n0:eth_getBlockReceipts', single, single])
      await chain.receipts(block, [hash(2)])
      expect(takeCalls()).toEqual([single])
    },
  )

  it('stay one request for the block when a node that knows it has another error', async () => {
    let answer = result(all)
    const { chain, takeCalls } = chainOf(({ method }) =>
      method === 'eth_getBlockReceipts' ? answer : rpcError(-32601),
    )
    await chain.receipts(block, [hash(1)])
    answer = rpcError(-32000)
    await expect(chain.receipts(block, [hash(1)])).rejects.toMatchObject({ code: 'rpc_error', rpcCode: -32000 })
    answer = result(all)
    await chain.receipts(block, [hash(1)])
    expect(takeCalls()).toEqual(Array.from({ length: 3 }, () => 'n0:eth_getBlockReceipts'))
  })

  it('are not asked one by one because of a rate limit', async () => {
    const { chain, takeCalls } = chainOf(() => rpcError(-32005))
    await expect(chain.receipts(block, [hash(1)])).rejects.toMatchObject({ code: 'rate_limited' })
    expect(takeCalls()).toEqual(['n0:eth_getBlockReceipts'])
  })

  it.each<[string, string, unknown]>([
    ['inconsistent_block', 'one is missing', [nodeReceipt(hash(1))]],
    ['inconsistent_block', 'one is of another block', [...all, nodeReceipt(hash(3), { blockHash: hash(0xb2) })]],
    ['inconsistent_block', 'one is there twice', [...all, nodeReceipt(hash(1))]],
    ['null_result', 'the node answers null', null],
    ['invalid_response', 'one is malformed', [...all, {}]],
  ])('are refused as %s when %s, unless another endpoint is sound', async (code, _, answer) => {
    const bad = answering({ eth_getBlockReceipts: result(answer) })
    await expect(chainOf(bad).chain.receipts(block, [hash(1), hash(2)])).rejects.toMatchObject({ code })
    const { chain } = chainOf(bad, answering({ eth_getBlockReceipts: result(all) }))
    expect(await chain.receipts(block, [hash(1), hash(2)])).toHaveProperty('size', 2)
  })

  it.each<[string, string, unknown]>([
    ['null_result', 'is missing', null],
    ['inconsistent_block', 'is of another transaction', nodeReceipt(hash(2))],
    ['inconsistent_block', 'is of another block', nodeReceipt(hash(1), { blockHash: hash(0xb2) })],
  ])('are refused as %s when a single one %s', async (code, _, answer) => {
    const { chain } = chainOf(answering({ eth_getTransactionReceipt: result(answer) }))
    await expect(chain.receipts(block, [hash(1)])).rejects.toMatchObject({ code })
  })

  it('may leave out their block hash', async () => {
    const { chain } = chainOf(answering({ eth_getBlockReceipts: result([nodeReceipt(hash(1), { blockHash: null })]) }))
    expect(await chain.receipts(block, [hash(1)])).toHaveProperty('size', 1)
  })
})
