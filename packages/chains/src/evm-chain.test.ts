import { describe, expect, it } from 'vitest'
import { address, hash, nodeBlock, nodeLog } from './testing/node-answers.ts'
import { chainOf } from './testing/scripted-chain.ts'
import { answering, result, type Node } from './testing/scripted-nodes.ts'

const bloom = `0x${'0'.repeat(511)}1`
const noBloom = `0x${'0'.repeat(512)}`

const blockNode = (block: unknown, logs: unknown): Node =>
  answering({ eth_getBlockByNumber: result(block), eth_getLogs: result(logs) })

describe('head', () => {
  it('answers the number of the newest block', async () => {
    const { chain } = chainOf(answering({ eth_blockNumber: result('0x7fffffffffffffff') }))
    await expect(chain.head()).resolves.toBe(2n ** 63n - 1n)
  })

  it.each([
    '0x8000000000000000',
    '0x10000000000000000',
    '-0x1',
    '-1',
    -1,
    16,
    '16',
    '0x',
    '0xzz',
    '',
    {},
    ['0x1'],
    true,
  ])('refuses %j as a quantity and asks the next endpoint', async (garbage) => {
    const bad = answering({ eth_blockNumber: result(garbage) })
    await expect(chainOf(bad).chain.head()).rejects.toMatchObject({ code: 'invalid_response' })
    await expect(chainOf(bad, answering({ eth_blockNumber: result('0x10') })).chain.head()).resolves.toBe(16n)
  })
})

describe('block', () => {
  it('answers the block with its logs after one request each, the logs by block hash', async () => {
    const { chain, requests } = chainOf(blockNode(nodeBlock({ logsBloom: bloom }), [nodeLog()]))
    const { block, logs } = await chain.block(16n)
    expect(block).toMatchObject({ number: 16n, hash: hash(0xb1), parentHash: hash(0xb0), timestamp: 101n })
    expect(block.transactions.map((transaction) => transaction.hash)).toEqual([hash(1), hash(2)])
    expect(logs).toMatchObject([{ address: address(0xaa), transactionHash: hash(1) }])
    expect(requests.map(({ method, params }) => [method, params])).toEqual([
      ['eth_getBlockByNumber', ['0x10', true]],
      ['eth_getLogs', [{ blockHash: hash(0xb1) }]],
    ])
  })

  it.each<[string, unknown, unknown]>([
    ['null_result', null, []],
    ['inconsistent_block', nodeBlock({ number: '0x11' }), []],
    ['inconsistent_block', nodeBlock({}, [hash(1), hash(1)]), []],
    ['invalid_response', nodeBlock({ hash: null }), []],
    ['null_result', nodeBlock(), null],
    ['inconsistent_block', nodeBlock(), [nodeLog({ blockHash: hash(0xb2) })]],
    ['inconsistent_block', nodeBlock(), [nodeLog({ blockHash: null })]],
    ['inconsistent_block', nodeBlock(), [nodeLog(), nodeLog({ transactionHash: hash(3) })]],
    ['inconsistent_block', nodeBlock(), [nodeLog({ transactionHash: null })]],
    ['inconsistent_block', nodeBlock(), [nodeLog({ logIndex: '0x1' }), nodeLog({ logIndex: '0x01' })]],
    ['inconsistent_block', nodeBlock({ logsBloom: bloom }), []],
    ['too_large', nodeBlock(), Array.from({ length: 50_001 }, () => 0)],
    ['invalid_response', nodeBlock(), [{ address: address(1) }]],
  ])(
    'throws %s rather than answer an incomplete or foreign block (case %#), unless another endpoint is sound',
    async (code, block, logs) => {
      const bad = blockNode(block, logs)
      await expect(chainOf(bad).chain.block(16n)).rejects.toMatchObject({ code })
      const { block: sound } = await chainOf(bad, blockNode(nodeBlock(), [nodeLog()])).chain.block(16n)
      expect(sound.number).toBe(16n)
    },
  )

  it.each([noBloom, undefined, null])('believes that a block has no logs when its bloom is %j', async (logsBloom) => {
    const { chain } = chainOf(blockNode(nodeBlock({ logsBloom }), []))
    await expect(chain.block(16n)).resolves.toMatchObject({ logs: [] })
  })

  it('accepts 50 000 logs', async () => {
    const { chain } = chainOf(
      blockNode(
        nodeBlock(),
        Array.from({ length: 50_000 }, () => nodeLog()),
      ),
    )
    expect((await chain.block(16n)).logs).toHaveLength(50_000)
  })

  it('passes the signal on', async () => {
    const { chain, takeCalls } = chainOf(blockNode(nodeBlock(), []))
    const options = { signal: AbortSignal.abort() }
    for (const call of [chain.head(options), chain.block(16n, options), chain.header(16n, options)])
      await expect(call).rejects.toMatchObject({ code: 'aborted' })
    expect(takeCalls()).toEqual([])
  })
})

describe('header', () => {
  it('answers the header from a block that lists only hashes', async () => {
    const { chain, requests } = chainOf(
      answering({ eth_getBlockByNumber: result({ ...nodeBlock(), transactions: [hash(1)] }) }),
    )
    await expect(chain.header(16n)).resolves.toEqual({
      number: 16n,
      hash: hash(0xb1),
      parentHash: hash(0xb0),
      timestamp: 101n,
    })
    expect(requests.map(({ params }) => params)).toEqual([['0x10', false]])
  })

  it.each([
    ['null_result', null],
    ['invalid_response', 'latest'],
    ['inconsistent_block', nodeBlock({ number: '0xf' })],
  ])('throws %s when the answer is not that header', async (code, answer) => {
    const { chain } = chainOf(answering({ eth_getBlockByNumber: result(answer) }))
    await expect(chain.header(16n)).rejects.toMatchObject({ code })
  })
})
