import { RpcError, type EvmChain } from '@smt/chains'
import type { BlockData } from '@smt/engine'
import type { EvmSourceBlock, SourceChain } from '../networks/source-chain.ts'

/** An EVM chain as sources follow it: the facts of a block are receipts. */
export function createEvmSource(chain: EvmChain): SourceChain {
  const blockOf = (data: BlockData): EvmSourceBlock => {
    const { number, hash, parentHash, timestamp } = data.block
    return {
      type: 'EVM',
      header: { number, hash, parentHash, timestamp },
      data,
      receipts: (hashes, options) => chain.receipts(data.block, hashes, options),
    }
  }
  return {
    head: (options) => chain.head(options),
    header: (number, options) => chain.header(number, options),
    block: async (number, options) => blockOf(await chain.block(number, options)),
    locate: async (hash, options) => {
      const txHash = `0x${hash.replace(/^0x/i, '').toLowerCase()}`
      const { receipt, blockNumber } = await chain.locate(txHash, options)
      const block = blockOf(await chain.block(blockNumber, options))
      if (receipt.blockHash !== null && receipt.blockHash !== block.header.hash) {
        throw new RpcError('inconsistent_block', 'eth_getTransactionReceipt')
      }
      return { type: 'EVM', block, txHash, receipt }
    },
    pinned: () => chain.pinned(),
  }
}
