import { type BlockData, parseEvmBlock } from '@smt/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EvmChain } from './evm-chain.ts'
import { RpcError } from './rpc-error.ts'
import { type Damage, damages, otherHash, type Place } from './testing/damage.ts'
import { address, hash, nodeBlock, nodeLog, nodeReceipt } from './testing/node-answers.ts'
import { chainOf } from './testing/scripted-chain.ts'
import { answering, type Node, result } from './testing/scripted-nodes.ts'

const hashes = [hash(1), hash(2), hash(3)]
const logsBloom = `0x${'0'.repeat(511)}1`
const theBlock = nodeBlock({ logsBloom }, hashes)
const theLogs = hashes.map((transactionHash, index) =>
  nodeLog({
    transactionHash,
    address: address(index),
    topics: [hash(0xee), hash(index)],
    data: hash(7),
    logIndex: `0x${index}`,
  }),
)
const truth = {
  eth_getBlockByNumber: theBlock,
  eth_getLogs: theLogs,
  eth_getBlockReceipts: hashes.map((own) => nodeReceipt(own)),
}
type Method = keyof typeof truth

const sound: Node = (request) => {
  const [asked] = Array.isArray(request.params) ? request.params : []
  return answering({
    eth_getBlockByNumber: result(truth.eth_getBlockByNumber),
    eth_getLogs: result(truth.eth_getLogs),
    eth_getBlockReceipts: result(truth.eth_getBlockReceipts),
    eth_getTransactionReceipt: result(typeof asked === 'string' ? nodeReceipt(asked) : null),
  })(request)
}

/** A node that tells the truth but for one answer. */
function damaged(method: Method, damage: Damage): Node {
  return (request) => {
    if (request.method !== method) return sound(request)
    return damage({ jsonrpc: '2.0', id: request.id, result: truth[method] })
  }
}

/** All that the cursor and matching use of a block. */
function consumed({ block, logs }: BlockData) {
  const { number, hash: own, parentHash, transactions } = block
  return {
    block: [number, own, parentHash],
    transactions: transactions.map((transaction) => transaction.hash),
    logs: logs.map((log) => [log.address, log.topics, log.data, log.transactionHash, log.blockHash]),
  }
}
const whole = {
  block: [16n, hash(0xb1), hash(0xb0)],
  transactions: hashes,
  logs: hashes.map((own, index) => [address(index), [hash(0xee), hash(index)], hash(7), own, hash(0xb1)]),
}
const block = (chain: EvmChain) => chain.block(16n).then(consumed)

const wholeReceipts = hashes.map((own) => [own, true])
async function receipts(chain: EvmChain) {
  const found = await chain.receipts(parseEvmBlock(theBlock), hashes)
  return [...found].map(([own, receipt]) => [own, receipt.isSuccess])
}

const numRuns = Number(process.env.SMT_PROPERTY_RUNS ?? 400)

async function answerOf<T>(asked: Promise<T>): Promise<T | RpcError> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof RpcError) return error
    throw error
  }
}

/** What cannot be told from the truth without computing the block's bloom and roots, which the adapter does not do. */
function isTold({ path, change }: Place): boolean {
  const last = path.at(-1)
  const isLogGone = path.length === 2 && typeof last === 'number' && 'delete' in change
  const isOther = 'to' in change && (change.to === otherHash || change.to === '0x')
  if (last === 'topics' || path.at(-2) === 'topics') return false
  if (last === 'parentHash' || last === 'data') return !isOther
  return last !== 'status' && !isLogGone
}

describe('an answer with damage anywhere', () => {
  it.each<[Method, (chain: EvmChain) => Promise<unknown>, unknown]>([
    ['eth_getBlockByNumber', block, whole],
    ['eth_getLogs', block, whole],
    ['eth_getBlockReceipts', receipts, wholeReceipts],
  ])('of %s is an RpcError or the whole truth', async (method, ask, expected) => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(damages(isTold), async (damage) => {
        const answer = await answerOf(ask(chainOf(damaged(method, damage)).chain))
        if (answer instanceof RpcError) refused += 1
        else expect(answer).toEqual(expected)
      }),
      { numRuns },
    )
    expect(refused).toBeGreaterThan(numRuns / 4)
  })

  it.each<[Method, (chain: EvmChain) => Promise<unknown>, unknown]>([
    ['eth_getBlockByNumber', block, whole],
    ['eth_getLogs', block, whole],
    ['eth_getBlockReceipts', receipts, wholeReceipts],
  ])('of %s is made up for by another endpoint', async (method, ask, expected) => {
    await fc.assert(
      fc.asyncProperty(damages(isTold), async (damage) => {
        expect(await ask(chainOf(damaged(method, damage), sound).chain)).toEqual(expected)
      }),
      { numRuns },
    )
  })

  it('is never an empty block: a block, a list of logs or of receipts that lost an element is refused', async () => {
    for (const index of hashes.keys()) {
      const rest = hashes.filter((_, place) => place !== index)
      const fewer = answering({ eth_getBlockByNumber: result(nodeBlock({}, rest)), eth_getLogs: result(theLogs) })
      await expect(chainOf(fewer).chain.block(16n)).rejects.toMatchObject({ code: 'inconsistent_block' })
      const receiptless = answering({ eth_getBlockReceipts: result(rest.map((own) => nodeReceipt(own))) })
      await expect(receipts(chainOf(receiptless).chain)).rejects.toMatchObject({ code: 'inconsistent_block' })
    }
    const silent = answering({ eth_getBlockByNumber: result(theBlock), eth_getLogs: result([]) })
    await expect(chainOf(silent).chain.block(16n)).rejects.toMatchObject({ code: 'inconsistent_block' })
  })

  it.each([
    ['leaves out some logs, but not all', theBlock, theLogs.slice(1)],
    ['leaves out all logs and says that there are none', nodeBlock({ logsBloom: `0x${'0'.repeat(512)}` }, hashes), []],
    ['leaves out a transaction that has no logs', nodeBlock({ logsBloom }, hashes.slice(1)), theLogs.slice(1)],
  ])('is believed of a node that %s: only its bloom or roots could tell', async (_lie, lyingBlock, logs) => {
    const lying = answering({ eth_getBlockByNumber: result(lyingBlock), eth_getLogs: result(logs) })
    await expect(chainOf(lying).chain.block(16n)).resolves.toMatchObject({ block: { hash: hash(0xb1) } })
  })
})
