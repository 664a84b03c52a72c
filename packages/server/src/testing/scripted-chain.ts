import { createHash } from 'node:crypto'
import { RpcError, type EvmChain } from '@smt/chains'
import { keccak256, parseEvmBlock, parseEvmLogs, parseEvmReceipt, type BlockData } from '@smt/engine'

export const token = `0x${'aa'.padStart(40, '0')}`
export const otherToken = `0x${'bb'.padStart(40, '0')}`

export const hashOf = (text: string) => `0x${createHash('sha256').update(text).digest('hex')}`
const word = (text: string) => `0x${text.padStart(64, '0')}`

/** The far end of HTTP: a chain of which every block holds one transfer, until the test says otherwise. */
export function createScriptedChain(head: number) {
  const script = {
    head,
    /** Blocks from this number on belong to another branch of this name. */
    forks: new Map<number, string>(),
    empty: new Set<number>(),
    /** Whose transfer a block holds. */
    tokenOf: (_number: number) => token,
    failing: new Map<number, RpcError>(),
    /** Receipts are left out of the answer. */
    hasReceipts: true,
    headError: undefined as RpcError | undefined,
    /** Called before a block is answered, once. */
    before: new Map<number, () => Promise<unknown>>(),
    asked: [] as number[],
    headers: undefined as ((number: number) => string | undefined) | undefined,
  }
  const nameOf = (number: number): string => {
    const fork = [...script.forks].findLast(([from]) => number >= from)
    return hashOf(`block ${number}${fork === undefined ? '' : ` of ${fork[1]}`}`)
  }
  const headerOf = (number: number) => ({
    number: BigInt(number),
    hash: nameOf(number),
    parentHash: nameOf(number - 1),
    timestamp: BigInt(1_700_000_000 + number),
  })
  const dataOf = (number: number): BlockData => {
    const { hash, parentHash } = headerOf(number)
    const place = { blockHash: hash, blockNumber: word(number.toString(16)) }
    const quantity = `0x${number.toString(16)}`
    const txHash = hashOf(`transaction of ${hash}`)
    const inBlock = { ...place, blockNumber: quantity, transactionIndex: '0x0' }
    const fee = { nonce: '0x1', value: '0x0', gasPrice: '0x1', gas: '0x5208', input: '0x' }
    const isEmpty = script.empty.has(number)
    return {
      block: parseEvmBlock({
        number: quantity,
        hash,
        parentHash,
        timestamp: `0x${(1_700_000_000 + number).toString(16)}`,
        transactions: isEmpty ? [] : [{ hash: txHash, ...inBlock, from: token, to: token, ...fee }],
      }),
      logs: parseEvmLogs(
        isEmpty
          ? []
          : [
              {
                ...inBlock,
                address: script.tokenOf(number),
                transactionHash: txHash,
                topics: [keccak256('Transfer(address,address,uint256)'), word('1'), word('2')],
                data: word(number.toString(16)),
                logIndex: '0x0',
                removed: false,
              },
            ],
      ),
    }
  }
  const header: EvmChain['header'] = async (wanted) => {
    const number = Number(wanted)
    if (number > script.head) throw new RpcError('null_result', 'eth_getBlockByNumber')
    const found = headerOf(number)
    return { ...found, hash: script.headers?.(number) ?? found.hash }
  }
  const chain: EvmChain = {
    head: async () => {
      if (script.headError !== undefined) throw script.headError
      return BigInt(script.head)
    },
    block: async (wanted) => {
      const number = Number(wanted)
      script.asked.push(number)
      const before = script.before.get(number)
      script.before.delete(number)
      await before?.()
      const error = script.failing.get(number)
      if (error !== undefined) throw error
      if (number > script.head) throw new RpcError('null_result', 'eth_getBlockByNumber')
      return dataOf(number)
    },
    header,
    pinned: () => ({ header }),
    locate: (hash) => Promise.reject(new Error(`nobody looks for ${hash} here`)),
    receipts: async (block, hashes) =>
      new Map(
        (script.hasReceipts ? hashes : []).map((hash) => [
          hash,
          parseEvmReceipt({
            transactionHash: hash,
            transactionIndex: '0x0',
            blockHash: block.hash,
            blockNumber: `0x${block.number.toString(16)}`,
            cumulativeGasUsed: '0x5208',
            gasUsed: '0x5208',
            logs: [],
            logsBloom: `0x${'0'.repeat(512)}`,
            status: '0x1',
          }),
        ]),
      ),
  }
  return { script, chain }
}
