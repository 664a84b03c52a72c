import {
  ChainDataError,
  parseEvmReceipt,
  parseEvmReceipts,
  type EvmBlock,
  type EvmReceipt,
  type JsonValue,
} from '@smt/engine'
import { inconsistent, RpcError } from './rpc-error.ts'
import type { RpcCallOptions, RpcPool } from './rpc-pool.ts'

/** Receipts by transaction hash: all of `hashes`, nothing else. */
export type FetchReceipts = (
  block: EvmBlock,
  hashes: readonly string[],
  options?: RpcCallOptions,
) => Promise<Map<string, EvmReceipt>>

const wholeMethod = 'eth_getBlockReceipts'
export const singleMethod = 'eth_getTransactionReceipt'

/** Invalid request, method not found, method not supported: how nodes say that they do not know a method. */
const unknownMethodCodes = new Set<number | undefined>([-32600, -32601, -32004])

/** Prefers one request for the block; remembers for good that this chain's nodes do not know it. */
export function createReceiptFetching(pool: RpcPool): FetchReceipts {
  let wholeBlocks: 'untried' | 'known' | 'unknown' = 'untried'

  const isUnknownMethod = (error: unknown) =>
    error instanceof RpcError &&
    error.code === 'rpc_error' &&
    (wholeBlocks === 'untried' || unknownMethodCodes.has(error.rpcCode))

  // By hash and not by number: a reorganisation cannot put another block in its place.
  const fetchWhole: FetchReceipts = (block, hashes, options) =>
    pool.call(wholeMethod, [block.hash], (result) => readBlockReceipts(block, hashes, result), options)

  const fetchSingly: FetchReceipts = async (block, hashes, options) => {
    const receipts = new Map<string, EvmReceipt>()
    for (const hash of new Set(hashes)) {
      receipts.set(
        hash,
        await pool.call(singleMethod, [hash], (result) => readTransactionReceipt(block, hash, result), options),
      )
    }
    return receipts
  }

  return async (block, hashes, options) => {
    if (hashes.length === 0) return new Map()
    if (wholeBlocks === 'unknown') return fetchSingly(block, hashes, options)
    try {
      const receipts = await fetchWhole(block, hashes, options)
      wholeBlocks = 'known'
      return receipts
    } catch (error) {
      if (!isUnknownMethod(error)) throw error
      wholeBlocks = 'unknown'
      return fetchSingly(block, hashes, options)
    }
  }
}

function readBlockReceipts(block: EvmBlock, hashes: readonly string[], result: JsonValue): Map<string, EvmReceipt> {
  const all = new Map<string, EvmReceipt>()
  for (const receipt of parseEvmReceipts(result)) {
    checkBlock(wholeMethod, block, receipt)
    if (all.has(receipt.transactionHash)) throw inconsistent(wholeMethod, 'a receipt twice')
    all.set(receipt.transactionHash, receipt)
  }
  const asked = new Map<string, EvmReceipt>()
  for (const hash of hashes) {
    const receipt = all.get(hash)
    if (receipt === undefined) throw inconsistent(wholeMethod, 'a receipt is missing')
    asked.set(hash, receipt)
  }
  return asked
}

/** Throws ChainDataError when the receipt is not of a mined block. */
export function readLocatedReceipt(hash: string, result: JsonValue): { receipt: EvmReceipt; blockNumber: bigint } {
  const receipt = parseEvmReceipt(result)
  if (receipt.transactionHash !== hash) throw inconsistent(singleMethod, 'a receipt of another transaction')
  const blockNumber = receipt.json['blockNumber']
  if (typeof blockNumber !== 'string') throw new ChainDataError('/blockNumber', 'is missing')
  return { receipt, blockNumber: BigInt(blockNumber) }
}

function readTransactionReceipt(block: EvmBlock, hash: string, result: JsonValue): EvmReceipt {
  const receipt = parseEvmReceipt(result)
  if (receipt.transactionHash !== hash) throw inconsistent(singleMethod, 'a receipt of another transaction')
  checkBlock(singleMethod, block, receipt)
  return receipt
}

function checkBlock(method: string, { hash }: EvmBlock, { blockHash }: EvmReceipt): void {
  if (blockHash !== null && blockHash !== hash) throw inconsistent(method, 'a receipt of another block')
}
