import { readBloom, readHash, readQuantity, readQuantity64 } from './chain-values.ts'
import { nullable, readArray, readObject, required } from './json-object.ts'
import { type EvmTransaction, readTransaction } from './transaction.ts'

/** A mined block with full transactions. `timestamp` is in Unix seconds. */
export type EvmBlock = {
  number: bigint
  hash: string
  parentHash: string
  timestamp: bigint
  logsBloom?: string
  transactions: EvmTransaction[]
}

/**
 * The answer to `eth_getBlockByNumber` with full transactions. Throws ChainDataError, also for a pending block (no number
 * or hash), which has no identity to commit. Members that nothing here uses are not checked. Source: spec/04 §2.1.
 */
export function parseEvmBlock(value: unknown): EvmBlock {
  const block = readObject(value, '')
  const logsBloom = nullable(block, 'logsBloom', readBloom)
  return {
    number: BigInt(required(block, 'number', readQuantity64)),
    hash: required(block, 'hash', readHash),
    parentHash: required(block, 'parentHash', readHash),
    timestamp: BigInt(required(block, 'timestamp', readQuantity)),
    ...(logsBloom === null ? {} : { logsBloom }),
    transactions: required(block, 'transactions', readArray(readTransaction)),
  }
}
