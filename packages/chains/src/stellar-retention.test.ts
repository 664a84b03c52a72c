import { describe, expect, it } from 'vitest'
import { stellarIdentity } from './chain-identity.ts'
import { createStellarChain } from './stellar-chain.ts'
import { ledgerNode, networkOf, refusal } from './testing/ledger-answers.ts'
import { answering, down, type Node, result, rpcError, scriptedPool, secretText } from './testing/scripted-nodes.ts'

const ledgersText = (oldest: number, latest: number) =>
  `start ledger (100) must be between the oldest ledger: ${oldest} and the latest ledger: ${latest} for this rpc instance`
const eventsText = (oldest: number, latest: number) =>
  `startLedger must be within the ledger range: ${oldest} - ${latest}`

/** A node that keeps other ledgers than 100. */
const keeping = (oldest: number, latest: number): Node =>
  ledgerNode({ getLedgers: refusal(-32600, ledgersText(oldest, latest)) })

describe('a ledger that a node refuses', () => {
  it.each([
    ['getLedgers', -32600, ledgersText(101, 200)],
    ['getLedgers', -32602, ledgersText(101, 200)],
    ['getTransactions', -32600, ledgersText(101, 200).replace(' (100)', '')],
    ['getEvents', -32600, eventsText(101, 200)],
    ['getEvents', -32602, eventsText(101, 200).toUpperCase()],
  ])('by %s with %i is outside its retention when it keeps only later ones', async (method, code, text) => {
    const { chain } = networkOf(ledgerNode({ [method]: refusal(code, text) }))
    await expect(chain.block(100n)).rejects.toMatchObject({
      code: 'outside_retention',
      rpcMethod: method,
      rpcCode: code,
      range: { oldest: 101n, latest: 200n },
    })
  })

  it.each([ledgersText(10, 99), eventsText(10, 99)])('has not closed there when it is newer: %s', async (text) => {
    const { chain } = networkOf(ledgerNode({ getLedgers: refusal(-32600, text) }))
    for (const call of [chain.block(100n), chain.header(100n), chain.pinned().header(100n)])
      await expect(call).rejects.toMatchObject({ code: 'null_result', range: undefined })
  })

  it('contradicts the node when it says that it has the ledger', async () => {
    const { chain } = networkOf(keeping(10, 200))
    await expect(chain.block(100n)).rejects.toMatchObject({ code: 'inconsistent_block' })
  })

  it.each([
    ['outside_retention', 101],
    ['inconsistent_block', 100],
  ])('without a range is %s when the health says that the oldest is %i', async (code, oldestLedger) => {
    const refusing = ledgerNode({
      getTransactions: refusal(-32602, 'database does not contain metadata for ledger: 100'),
      getHealth: result({ status: 'healthy', oldestLedger, latestLedger: 200 }),
    })
    await expect(networkOf(refusing).chain.block(100n)).rejects.toMatchObject({ code })
  })

  it('is no gap when the node does not tell its range', async () => {
    const refusing = ledgerNode({
      getLedgers: refusal(-32600, 'start ledger must be between the oldest ledger and the latest'),
      getHealth: rpcError(-32603),
    })
    await expect(networkOf(refusing).chain.block(100n)).rejects.toMatchObject({
      code: 'rpc_error',
      rpcMethod: 'getHealth',
    })
  })

  it.each([
    [-32600, 'another message'],
    [-32603, eventsText(101, 200)],
    [0, ledgersText(101, 200)],
  ])('is an ordinary error with %i and %j', async (code, text) => {
    const { chain } = networkOf(ledgerNode({ getLedgers: refusal(code, text) }))
    await expect(chain.block(100n)).rejects.toMatchObject({ code: 'rpc_error', rpcCode: code, range: undefined })
  })

  it('quotes nothing but the oldest ledger to a tenant', async () => {
    const { chain } = networkOf(ledgerNode({ getLedgers: refusal(-32600, `${secretText} ${ledgersText(101, 200)}`) }))
    const error: unknown = await chain.block(100n).catch((caught: unknown) => caught)
    expect(String(error)).toBe('RpcError: getLedgers: the node no longer keeps it (oldest ledger 101)')
  })
})

describe('several endpoints', () => {
  it('are asked on until an archive has the ledger, and the first is not held back for what it does not keep', async () => {
    let isOld = true
    const first: Node = (request) => (isOld ? keeping(101, 200) : ledgerNode())(request)
    const { chain, takeCalls } = networkOf(first, ledgerNode())
    await expect(chain.block(100n)).resolves.toMatchObject({ ledger: { sequence: 100n } })
    isOld = false
    takeCalls()
    await chain.block(100n)
    expect(takeCalls()[0]).toBe('n0:getLedgers')
  })

  it('have lost a ledger only when all of them have, and the one that keeps most tells', async () => {
    const both = networkOf(keeping(150, 200), keeping(120, 200))
    await expect(both.chain.block(100n)).rejects.toMatchObject({
      code: 'outside_retention',
      range: { oldest: 120n, latest: 200n },
    })
  })

  it.each<[string, Node]>([
    ['unreachable', down],
    ['null_result', keeping(10, 99)],
    ['rpc_error', () => rpcError(-32000)],
  ])('may still have it while one of them answers %s', async (code, other) => {
    for (const nodes of [
      [keeping(101, 200), other],
      [other, keeping(101, 200)],
    ])
      await expect(networkOf(...nodes).chain.block(100n)).rejects.toMatchObject({ code })
  })
})

describe('the passphrase', () => {
  const network =
    (passphrase: unknown, node = ledgerNode()): Node =>
    (request) =>
      request.method === 'getNetwork' ? result({ passphrase, protocolVersion: 27 }) : node(request)
  const identity = stellarIdentity('Test SDF Network ; September 2015')

  it('is checked once, and keeps a node of another network from being used', async () => {
    const { pool, takeCalls, requests } = scriptedPool(
      { a: network('Public Global Stellar Network ; September 2015'), b: network('Test SDF Network ; September 2015') },
      { identity },
    )
    const chain = createStellarChain(pool)
    await expect(chain.block(100n)).resolves.toMatchObject({ ledger: { sequence: 100n } })
    await chain.header(100n)
    expect(takeCalls()).toEqual([
      'a:getNetwork',
      'b:getNetwork',
      'b:getLedgers',
      'b:getTransactions',
      'b:getEvents',
      'b:getLedgers',
    ])
    expect(requests[0]?.params).toBeNull()
  })

  it.each([
    ['wrong_network', 'Test SDF Network ; September 2016'],
    ['invalid_response', null],
    ['invalid_response', 7],
  ])('of a lone node is %s when it is %j', async (code, passphrase) => {
    const { pool } = scriptedPool({ a: network(passphrase) }, { identity })
    await expect(createStellarChain(pool).head()).rejects.toMatchObject({ code, rpcMethod: 'getNetwork' })
  })

  it('of another network does not hide that the ledger is gone everywhere else', async () => {
    const { pool } = scriptedPool(
      { a: network('another'), b: network('Test SDF Network ; September 2015', keeping(101, 200)) },
      { identity },
    )
    await expect(createStellarChain(pool).block(100n)).rejects.toMatchObject({ code: 'outside_retention' })
  })
})

describe('retention', () => {
  it('answers what the first node that answers keeps', async () => {
    const health = result({ status: 'healthy', latestLedger: 200, oldestLedger: 10, ledgerRetentionWindow: 191 })
    const { chain, takeCalls } = networkOf(() => rpcError(-32603), answering({ getHealth: health }))
    await expect(chain.retention()).resolves.toEqual({ oldest: 10n, latest: 200n })
    expect(takeCalls()).toEqual(['n0:getHealth', 'n1:getHealth'])
  })
})
