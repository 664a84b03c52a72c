import type { BlockData, EvmBlock, EvmReceipt } from '@smt/engine'
import { blockMethod, logsMethod, readBlock, readBlockLogs, readHeader, type EvmHeader } from './evm-block-answer.ts'
import { createReceiptFetching, readLocatedReceipt, singleMethod } from './evm-receipts.ts'
import { parseHexQuantity, toHexQuantity } from './hex-quantity.ts'
import type { RpcCallOptions, RpcPool } from './rpc-pool.ts'

/**
 * Reads an EVM chain. Every answer is checked while other endpoints can still be asked, so an endpoint that lags behind
 * or contradicts itself is passed over. All functions throw RpcError; none turns a failure into an empty answer.
 */
export type EvmChain = {
  /** The number of the newest block (`eth_blockNumber`), which is below 2^63 so that a database can keep it. */
  head(options?: RpcCallOptions): Promise<bigint>
  /**
   * The block with full transactions and all its logs: one `eth_getBlockByNumber`, one `eth_getLogs` by block hash. Both
   * are of one endpoint, so that one whose answers contradict each other is passed over.
   *
   * @throws RpcError `null_result` (not mined yet), `inconsistent_block` (another block, foreign or missing logs, a
   * transaction or log twice), `too_large` (more than 50 000 logs) and those of the pool.
   */
  block(number: bigint, options?: RpcCallOptions): Promise<BlockData>
  /** The block's header alone, by `eth_getBlockByNumber` without full transactions. */
  header(number: bigint, options?: RpcCallOptions): Promise<EvmHeader>
  /**
   * Receipts of transactions of `block` by hash: exactly those of `hashes` (lower case, as in the block). One
   * `eth_getBlockReceipts`; when the nodes do not know that method, now and later one `eth_getTransactionReceipt` each.
   *
   * @throws RpcError `inconsistent_block` or `null_result` when a receipt is missing or belongs to another block.
   */
  receipts(block: EvmBlock, hashes: readonly string[], options?: RpcCallOptions): Promise<Map<string, EvmReceipt>>
  /**
   * The receipt of a transaction (hash in lower case) and the block that it stands in, by `eth_getTransactionReceipt`.
   *
   * @throws RpcError `null_result` when the nodes know no such transaction, or it is not mined yet.
   */
  locate(hash: string, options?: RpcCallOptions): Promise<{ receipt: EvmReceipt; blockNumber: bigint }>
  /** Headers that must agree with one another: all of one endpoint, the first that answers (RpcPool.pinned). */
  pinned(): Pick<EvmChain, 'header'>
}

/** Reads the chain that `pool` gives access to. */
export function createEvmChain(pool: RpcPool): EvmChain {
  return {
    head: (options) => pool.call('eth_blockNumber', [], (result) => parseHexQuantity(result, 63), options),
    block: (number, options) =>
      pool.withOneEndpoint(async (call) => {
        const block = await call(blockMethod, [toHexQuantity(number), true], (result) => readBlock(number, result))
        const logs = await call(logsMethod, [{ blockHash: block.hash }], (result) => readBlockLogs(block, result))
        return { block, logs }
      }, options),
    header: headerOf(pool),
    receipts: createReceiptFetching(pool),
    locate: (hash, options) => pool.call(singleMethod, [hash], (result) => readLocatedReceipt(hash, result), options),
    pinned: () => ({ header: headerOf(pool.pinned()) }),
  }
}

function headerOf(pool: Pick<RpcPool, 'call'>): EvmChain['header'] {
  return (number, options) =>
    pool.call(blockMethod, [toHexQuantity(number), false], (result) => readHeader(number, result), options)
}
