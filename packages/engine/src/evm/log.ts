import {
  readAddress,
  readBoolean,
  readBytes,
  readHash,
  readQuantity,
  readQuantity64,
  readText,
} from './chain-values.ts'
import { type JsonObject, nullable, readArray, readObject, required } from './json-object.ts'

/**
 * A log. `json` is its output form (spec/04 §2.1): keys in that order, absent members as `null`, unknown keys dropped,
 * hexadecimal in lower case. The other members are the parts that matching needs.
 */
export type EvmLog = {
  address: string
  topics: string[]
  data: string
  blockHash: string | null
  transactionHash: string | null
  /** The node marked the log as no longer part of the chain. */
  isRemoved: boolean
  json: JsonObject
}

/** The answer to `eth_getLogs`. Throws ChainDataError. Source: spec/04 §2.1. */
export function parseEvmLogs(value: unknown): EvmLog[] {
  return readArray(readLog)(value, '')
}

/** All keys, in output order. */
export const logKeys = [
  'address',
  'topics',
  'data',
  'blockHash',
  'blockNumber',
  'transactionHash',
  'transactionIndex',
  'logIndex',
  'transactionLogIndex',
  'logType',
  'removed',
]

const readTopics = readArray(readHash)

export function readLog(value: unknown, pointer: string): EvmLog {
  const log = readObject(value, pointer)
  const json = {
    address: required(log, 'address', readAddress),
    topics: required(log, 'topics', readTopics),
    data: required(log, 'data', readBytes),
    blockHash: nullable(log, 'blockHash', readHash),
    blockNumber: nullable(log, 'blockNumber', readQuantity64),
    transactionHash: nullable(log, 'transactionHash', readHash),
    transactionIndex: nullable(log, 'transactionIndex', readQuantity64),
    logIndex: nullable(log, 'logIndex', readQuantity),
    transactionLogIndex: nullable(log, 'transactionLogIndex', readQuantity),
    logType: nullable(log, 'logType', readText),
    removed: nullable(log, 'removed', readBoolean),
  }
  const { address, topics, data, blockHash, transactionHash } = json
  return { address, topics, data, blockHash, transactionHash, isRemoved: json.removed === true, json }
}
