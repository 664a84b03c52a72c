import { ChainDataError, type EvmBlock, type EvmLog, type JsonValue, parseEvmBlock, parseEvmLogs } from '@smt/engine'
import { isJsonObject } from './json-rpc-response.ts'
import { inconsistent, RpcError } from './rpc-error.ts'

/** What identifies a block and links it to the one before. Hashes are lower case; `timestamp` is in Unix seconds. */
export type EvmHeader = { number: bigint; hash: string; parentHash: string; timestamp: bigint }

export const blockMethod = 'eth_getBlockByNumber'
export const logsMethod = 'eth_getLogs'

const logsMax = 50_000

/** The block that was asked for, with each transaction once. Throws ChainDataError or RpcError. */
export function readBlock(number: bigint, result: JsonValue): EvmBlock {
  const block = parseEvmBlock(result)
  if (block.number !== number) throw inconsistent(blockMethod, 'another block number')
  if (hashesOf(block).size !== block.transactions.length) throw inconsistent(blockMethod, 'a transaction twice')
  return block
}

/** The same for an answer without full transactions. */
export function readHeader(number: bigint, result: JsonValue): EvmHeader {
  if (!isJsonObject(result)) throw new ChainDataError('', 'must be an object')
  const { hash, parentHash, timestamp } = readBlock(number, { ...result, transactions: [] })
  return { number, hash, parentHash, timestamp }
}

/** All logs of `block`, and no others. Throws ChainDataError or RpcError. */
export function readBlockLogs(block: EvmBlock, result: JsonValue): EvmLog[] {
  if (Array.isArray(result) && result.length > logsMax)
    throw new RpcError('too_large', logsMethod, { detail: `more than ${logsMax} logs` })
  const logs = parseEvmLogs(result)
  const hashes = hashesOf(block)
  const indexes = new Set<JsonValue>()
  for (const { blockHash, transactionHash, json } of logs) {
    if (blockHash !== block.hash) throw inconsistent(logsMethod, 'a log of another block')
    if (transactionHash === null || !hashes.has(transactionHash))
      throw inconsistent(logsMethod, 'a log of a transaction outside the block')
    const { logIndex = null } = json
    if (logIndex !== null && indexes.has(logIndex)) throw inconsistent(logsMethod, 'a log twice')
    indexes.add(logIndex)
  }
  // A node that has not caught up answers an unknown block with an empty list.
  if (logs.length === 0 && block.logsBloom !== undefined && !/^0x0*$/.test(block.logsBloom))
    throw inconsistent(logsMethod, 'no logs although the block has some')
  return logs
}

function hashesOf({ transactions }: EvmBlock): Set<string> {
  return new Set(transactions.map(({ hash }) => hash))
}
