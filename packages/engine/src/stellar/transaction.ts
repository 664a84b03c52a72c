import { ChainDataError } from '../evm/chain-data-error.ts'
import { readBoolean, readText } from '../evm/chain-values.ts'
import {
  copyOmittable,
  type JsonObject,
  nullable,
  type Read,
  readArray,
  readObject,
  readVerbatim,
  required,
} from '../evm/json-object.ts'
import type { StellarTransaction } from './ledger-data.ts'
import { readUint32, readUnixSeconds } from './node-values.ts'

/**
 * One item of `getTransactions` in XDR form. Throws ChainDataError. XDR is not decoded here. Source: spec/05 §4.2; the
 * output has the known members in that order, the hash as it came, `createdAt` as a number also when the node writes text.
 */
export function parseStellarTransaction(value: unknown, pointer: string): StellarTransaction {
  const source = readObject(value, pointer)
  const status = required(source, 'status', readText)
  const hash = required(source, 'txHash', readText)
  const applicationOrder = required(source, 'applicationOrder', readPosition)
  const isFeeBump = required(source, 'feeBump', readBoolean)
  const ledger = required(source, 'ledger', readUint32)
  const createdAt = required(source, 'createdAt', readUnixSeconds)
  const json: JsonObject = { status, txHash: hash, applicationOrder, feeBump: isFeeBump }
  for (const [xdr, decoded] of xdrMembers) {
    copyOmittable(source, json, xdr, readText)
    copyOmittable(source, json, decoded, readVerbatim)
  }
  copyOmittable(source, json, 'diagnosticEventsXdr', readTexts)
  copyOmittable(source, json, 'diagnosticEventsJson', readArray(readVerbatim))
  json['ledger'] = ledger
  json['createdAt'] = createdAt <= Number.MAX_SAFE_INTEGER ? Number(createdAt) : createdAt
  return {
    hash,
    status,
    applicationOrder,
    isFeeBump,
    envelopeXdr: nullable(source, 'envelopeXdr', readText) ?? undefined,
    resultXdr: nullable(source, 'resultXdr', readText) ?? undefined,
    resultMetaXdr: nullable(source, 'resultMetaXdr', readText) ?? undefined,
    diagnosticEventsXdr: nullable(source, 'diagnosticEventsXdr', readTexts) ?? [],
    json,
  }
}

const xdrMembers = [
  ['envelopeXdr', 'envelopeJson'],
  ['resultXdr', 'resultJson'],
  ['resultMetaXdr', 'resultMetaJson'],
] as const

const readTexts = readArray(readText)

const readPosition: Read<number> = (value, pointer) => {
  const position = readUint32(value, pointer)
  if (position === 0) throw new ChainDataError(pointer, 'must be 1 or more')
  return position
}
