import type { LedgerData } from '@smt/engine'
import { startStellarSimulator, stellarOperation, type StellarSimulator, tokenSpec } from '@smt/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { stellarIdentity } from './chain-identity.ts'
import { createRpcPool } from './rpc-pool.ts'
import { createStellarChain } from './stellar-chain.ts'
import { fetchPost } from './testing/fetch-post.ts'

const running: StellarSimulator[] = []
afterEach(async () => {
  for (const simulator of running.splice(0)) await simulator.close()
})

/** Two nodes of one chain, the same seed and the same calls, and the network behind both. */
async function scene() {
  const nodes = [
    await startStellarSimulator({ classicEvents: true, firstLedger: 50 }),
    await startStellarSimulator({ classicEvents: true, firstLedger: 50 }),
  ] as const
  running.push(...nodes)
  const [first, second] = nodes
  const clock = { ms: 0 }
  const chainOf = (...simulators: StellarSimulator[]) =>
    createStellarChain(
      createRpcPool({
        endpoints: simulators.map(({ url }, index) => ({ url, weight: simulators.length - index })),
        post: fetchPost,
        identity: stellarIdentity(first.passphrase),
        now: () => clock.ms,
      }),
    )
  const close = (payments: number) => {
    for (const node of nodes)
      for (let count = 1; count <= payments; count += 1)
        node.submit({
          source: node.accounts.alice,
          operations: [
            stellarOperation.payment({ to: node.accounts.bob, asset: 'native', amount: BigInt(count) }),
            stellarOperation.payment({ to: node.accounts.carol, asset: 'native', amount: 1n }),
          ],
        })
    const [closed] = nodes.map((node) => node.closeLedger())
    return closed
  }
  const takeRequests = () => {
    const taken = nodes.map(({ requests }) => Object.fromEntries(requests))
    for (const { requests } of nodes) requests.clear()
    return taken
  }
  return { first, second, clock, chainOf, close, takeRequests }
}

const sizeOf = ({ transactions, events }: LedgerData) => [transactions.length, events.length]

describe('a network of stellar-rpc nodes', () => {
  it('is followed ledger by ledger, each linked to the one before', async () => {
    const { first, chainOf, close } = await scene()
    const chain = chainOf(first)
    let parent: string | undefined
    for (const payments of [3, 0, 1]) {
      const closed = close(payments)
      const head = await chain.head()
      expect(head).toBe(BigInt(closed?.sequence ?? 0))
      const block = await chain.block(head)
      expect(block.ledger.hash).toBe(closed?.hash)
      expect(block.transactions.map(({ hash }) => hash)).toEqual(closed?.transactions)
      // Two payments and a fee each, and perhaps a refund.
      expect(block.events.length).toBeGreaterThanOrEqual(payments * 3)
      if (parent !== undefined) expect(block.ledger.previousHash).toBe(parent)
      parent = block.ledger.hash
      const { number, hash, parentHash } = await chain.header(head)
      expect([number, hash, parentHash]).toEqual([head, parent, block.ledger.previousHash])
    }
  })

  it('tells the events of operations from those of a transaction as a whole', async () => {
    const { first, chainOf, close } = await scene()
    close(2)
    const { events } = await chainOf(first).block(await chainOf(first).head())
    const places = events.map(({ transactionIndex, operationIndex }) => [transactionIndex, operationIndex])
    for (const transaction of [0, 1])
      expect(places.filter(([index]) => index === transaction).map(([, operation]) => operation)).toEqual(
        expect.arrayContaining([undefined, 0, 1]),
      )
  })

  it('answers three requests for a ledger, two for an empty one, whatever it holds', async () => {
    const { first, chainOf, close, takeRequests } = await scene()
    const ledgers = [0, 1, 150].map((payments) => close(payments)?.sequence ?? 0)
    close(1)
    const chain = chainOf(first)
    await chain.head()
    takeRequests()
    const whole = { getLedgers: 1, getTransactions: 1, getEvents: 1 }
    for (const [index, expected] of [{ getLedgers: 1, getTransactions: 1 }, whole, whole].entries()) {
      await chain.block(BigInt(ledgers[index] ?? 0))
      expect(takeRequests()[0]).toEqual(expected)
    }
    // At the tip nothing follows that would tell the end, but the results add up to the header's hash.
    await chain.block(await chain.head())
    expect(takeRequests()[0]).toEqual({ ...whole, getLatestLedger: 1 })
  })

  it.each([1, 2, 7])('is read completely in pages of %i, at the tip too', async (pageLimit) => {
    const { first, second, chainOf, close } = await scene()
    const closed = BigInt(close(5)?.sequence ?? 0)
    first.faults.pageLimit = pageLimit
    const atTip = await chainOf(first).block(closed)
    expect(atTip).toEqual(await chainOf(second).block(closed))
    close(2)
    expect(await chainOf(first).block(closed)).toEqual(atTip)
    expect(sizeOf(atTip)[0]).toBe(5)
  })

  it('reads a node that has dropped what is deprecated', async () => {
    const { first, second, chainOf, close } = await scene()
    const closed = BigInt(close(3)?.sequence ?? 0)
    first.faults.dropsDeprecated = true
    const { transactions, events } = await chainOf(first).block(closed)
    const complete = await chainOf(second).block(closed)
    expect([transactions.length, events]).toEqual([complete.transactions.length, complete.events])
  })

  it.each<[string, (node: StellarSimulator, ledger: number) => void]>([
    ['lags', ({ faults }) => (faults.lag = 2)],
    ['has lost the ledger', ({ faults }, ledger) => (faults.oldestLedger = ledger + 1)],
    ['leaves the ledger out', ({ faults }, ledger) => (faults.missingLedger = ledger)],
    ['repeats its pages', ({ faults }) => Object.assign(faults, { hasStuckCursor: true, pageLimit: 1 })],
    ['is another network', ({ faults }) => (faults.passphrase = 'another')],
    ['limits its rate', ({ faults }) => (faults.tooManyRequests = 1)],
    ['is down', ({ faults }) => (faults.httpStatus = 503)],
    ['writes a malformed ledger', ({ faults }) => (faults.malformed = 'getLedgers')],
    ['writes a malformed transaction', ({ faults }) => (faults.malformed = 'getTransactions')],
    ['writes a malformed event', ({ faults }) => (faults.malformed = 'getEvents')],
    ['fails', ({ faults }) => (faults.error = { method: 'getEvents', code: -32603, message: 'x' })],
  ])('is made up for when a node %s, and is an error without the other', async (_, damage) => {
    const { first, second, chainOf, close } = await scene()
    const { sequence } = close(3) ?? { sequence: 0 }
    close(0)
    const sound = await chainOf(second).block(BigInt(sequence))
    damage(first, sequence)
    await expect(chainOf(first).block(BigInt(sequence))).rejects.toMatchObject({ name: 'RpcError' })
    damage(first, sequence)
    await expect(chainOf(first, second).block(BigInt(sequence))).resolves.toEqual(sound)
  })

  it('says which ledgers are gone, and where a transaction is', async () => {
    const { first, chainOf, close } = await scene()
    const closed = close(1)
    close(0)
    const chain = chainOf(first)
    const hash = closed?.transactions[0] ?? ''
    await expect(chain.locate(hash)).resolves.toEqual({ ledger: BigInt(closed?.sequence ?? 0) })
    await expect(chain.locate('0'.repeat(64))).rejects.toMatchObject({ code: 'null_result' })
    first.faults.oldestLedger = first.latest()
    const range = { oldest: BigInt(first.latest()), latest: BigInt(first.latest()) }
    await expect(chain.retention()).resolves.toEqual(range)
    await expect(chain.block(50n)).rejects.toMatchObject({ code: 'outside_retention', range })
    await expect(chain.block(10_000n)).rejects.toMatchObject({ code: 'null_result' })
  })
})

describe('the spec of a contract', () => {
  it('comes from its code, by two requests, also for an id in lower case', async () => {
    const { first, chainOf, close, takeRequests } = await scene()
    const { contractId } = first.deploy({ name: 'token', spec: tokenSpec })
    close(0)
    const chain = chainOf(first)
    await chain.head()
    takeRequests()
    const spec = await chain.contractSpec(contractId.toLowerCase())
    expect(spec).toHaveLength(tokenSpec.length)
    expect(takeRequests()[0]).toEqual({ getLedgerEntries: 2 })
  })

  it('is null for an asset, an unknown contract and what is no contract', async () => {
    const { first, chainOf } = await scene()
    const chain = chainOf(first)
    for (const id of [
      first.assetContract('native'),
      'CAIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRDB3V',
      first.accounts.alice,
      'not an address',
    ])
      await expect(chain.contractSpec(id)).resolves.toBeNull()
  })

  it('is an error when a node fails', async () => {
    const { first, chainOf } = await scene()
    const { contractId } = first.deploy({ name: 'token', spec: tokenSpec })
    first.faults.error = { method: 'getLedgerEntries', code: -32603, message: 'x' }
    await expect(chainOf(first).contractSpec(contractId)).rejects.toMatchObject({ code: 'rpc_error' })
  })
})
