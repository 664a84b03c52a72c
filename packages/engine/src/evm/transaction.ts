import { readAddress, readBytes, readHash, readQuantity, readQuantity64 } from './chain-values.ts'
import { copyOmittable, copyOthers, type JsonObject, nullable, readArray, readObject, required } from './json-object.ts'

/**
 * A transaction. `json` is its output form (spec/04 §2.1): known keys in that order, those a kind of transaction may lack
 * are left out, and every key unknown here follows as the node wrote it. Types are not interpreted.
 */
export type EvmTransaction = {
  hash: string
  from: string | null
  /** `null` when the transaction creates a contract. */
  to: string | null
  input: string
  json: JsonObject
}

/** The keys known here, in output order. */
export const transactionKeys = [
  'hash',
  'nonce',
  'blockHash',
  'blockNumber',
  'transactionIndex',
  'from',
  'to',
  'value',
  'gasPrice',
  'gas',
  'input',
  'v',
  'r',
  's',
  'raw',
  'type',
  'accessList',
  'maxFeePerGas',
  'maxPriorityFeePerGas',
  'depositReceiptVersion',
  'sourceHash',
  'mint',
  'yParity',
]

const knownKeys = new Set(transactionKeys)

const readStorageKeys = readArray(readHash)

const readAccessList = readArray((value, pointer): JsonObject => {
  const item = readObject(value, pointer)
  return {
    address: required(item, 'address', readAddress),
    storageKeys: nullable(item, 'storageKeys', readStorageKeys) ?? [],
  }
})

export function readTransaction(value: unknown, pointer: string): EvmTransaction {
  const source = readObject(value, pointer)
  const hash = required(source, 'hash', readHash)
  const from = nullable(source, 'from', readAddress)
  const to = nullable(source, 'to', readAddress)
  const input = required(source, 'input', readBytes)
  const json: JsonObject = {
    hash,
    nonce: required(source, 'nonce', readQuantity),
    blockHash: nullable(source, 'blockHash', readHash),
    blockNumber: nullable(source, 'blockNumber', readQuantity64),
    transactionIndex: nullable(source, 'transactionIndex', readQuantity64),
  }
  if (from !== null) json['from'] = from
  json['to'] = to
  json['value'] = required(source, 'value', readQuantity)
  json['gasPrice'] = nullable(source, 'gasPrice', readQuantity)
  json['gas'] = required(source, 'gas', readQuantity)
  json['input'] = input
  copyOmittable(source, json, 'v', readQuantity64)
  copyOmittable(source, json, 'r', readQuantity)
  copyOmittable(source, json, 's', readQuantity)
  copyOmittable(source, json, 'raw', readBytes)
  copyOmittable(source, json, 'type', readQuantity64)
  copyOmittable(source, json, 'accessList', readAccessList)
  copyOmittable(source, json, 'maxFeePerGas', readQuantity)
  copyOmittable(source, json, 'maxPriorityFeePerGas', readQuantity)
  copyOmittable(source, json, 'depositReceiptVersion', readQuantity64)
  copyOmittable(source, json, 'sourceHash', readHash)
  copyOmittable(source, json, 'mint', readQuantity)
  copyOmittable(source, json, 'yParity', readQuantity64)
  copyOthers(source, json, knownKeys)
  return { hash, from, to, input, json }
}
