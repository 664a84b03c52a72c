import { readAddress, readBloom, readHash, readQuantity, readQuantity64 } from './chain-values.ts'
import { copyOmittable, type JsonObject, nullable, readArray, readObject, required } from './json-object.ts'
import { type EvmLog, readLog } from './log.ts'

/**
 * A receipt. `json` is its output form (spec/04 §2.1): all keys, `null` when absent, only `type` is left out; unknown keys
 * are dropped. A receipt without `logsBloom` is accepted, although OZ Monitor refuses it (Q12): some nodes omit it.
 */
export type EvmReceipt = {
  transactionHash: string
  blockHash: string | null
  /** Status 1. Any other status and none at all (before Byzantium) count as failure (spec/04 §3). */
  isSuccess: boolean
  logs: EvmLog[]
  json: JsonObject
}

/** The answer to `eth_getBlockReceipts`. Throws ChainDataError. Source: spec/04 §2.1. */
export function parseEvmReceipts(value: unknown): EvmReceipt[] {
  return readArray(readReceipt)(value, '')
}

/** The answer to `eth_getTransactionReceipt`. Throws ChainDataError. Source: spec/04 §2.1. */
export function parseEvmReceipt(value: unknown): EvmReceipt {
  return readReceipt(value, '')
}

/** All keys, in output order. */
export const receiptKeys = [
  'transactionHash',
  'transactionIndex',
  'blockHash',
  'blockNumber',
  'from',
  'to',
  'cumulativeGasUsed',
  'gasUsed',
  'contractAddress',
  'logs',
  'status',
  'root',
  'logsBloom',
  'type',
  'effectiveGasPrice',
]

const ZERO_ADDRESS = `0x${'0'.repeat(40)}`
const readLogs = readArray(readLog)

function readReceipt(value: unknown, pointer: string): EvmReceipt {
  const receipt = readObject(value, pointer)
  const logs = required(receipt, 'logs', readLogs)
  const transactionHash = required(receipt, 'transactionHash', readHash)
  const blockHash = nullable(receipt, 'blockHash', readHash)
  const status = nullable(receipt, 'status', readQuantity64)
  const json: JsonObject = {
    transactionHash,
    transactionIndex: required(receipt, 'transactionIndex', readQuantity64),
    blockHash,
    blockNumber: nullable(receipt, 'blockNumber', readQuantity64),
    from: nullable(receipt, 'from', readAddress) ?? ZERO_ADDRESS,
    to: nullable(receipt, 'to', readAddress),
    cumulativeGasUsed: required(receipt, 'cumulativeGasUsed', readQuantity),
    gasUsed: nullable(receipt, 'gasUsed', readQuantity),
    contractAddress: nullable(receipt, 'contractAddress', readAddress),
    logs: logs.map((log) => log.json),
    status,
    root: nullable(receipt, 'root', readHash),
    logsBloom: nullable(receipt, 'logsBloom', readBloom),
  }
  copyOmittable(receipt, json, 'type', readQuantity64)
  json['effectiveGasPrice'] = nullable(receipt, 'effectiveGasPrice', readQuantity)
  return { transactionHash, blockHash, isSuccess: status === '0x1', logs, json }
}
