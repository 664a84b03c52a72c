import { readBoolean, readText } from '../evm/chain-values.ts'
import { nullable, readArray, readObject, required, type Source } from '../evm/json-object.ts'
import type { StellarEvent, StellarTransaction } from './ledger-data.ts'
import { readUint32 } from './node-values.ts'

/**
 * One item of `getEvents` in XDR form; `transactionOf` answers its transaction or throws. Throws ChainDataError. Source:
 * spec/05 §4.3, but members that nodes deprecate or that nothing uses may be missing (spec/05 Q23): without
 * `inSuccessfulContractCall` the transaction's status tells; an event of no contract has an empty `contractId`.
 */
export function parseStellarEvent(
  value: unknown,
  pointer: string,
  transactionOf: (hash: string) => StellarTransaction,
): StellarEvent {
  const source = readObject(value, pointer)
  const id = required(source, 'id', readText)
  const txHash = required(source, 'txHash', readText)
  const transaction = transactionOf(txHash)
  return {
    id,
    type: required(source, 'type', readText),
    contractId: nullable(source, 'contractId', readText) ?? '',
    txHash,
    transactionIndex: transaction.applicationOrder - 1,
    operationIndex: findOperation(source, id, transaction),
    isInSuccessfulCall: nullable(source, 'inSuccessfulContractCall', readBoolean) ?? transaction.status === 'SUCCESS',
    topics: nullable(source, 'topic', readArray(readText)) ?? undefined,
    value: nullable(source, 'value', readText) ?? undefined,
  }
}

/**
 * Nodes number transactions from 1 and give those events that belong to no operation, such as fees, another number: 0
 * before and 2^20 - 1 after all transactions, or the operation 2^12 - 1 after one. Older nodes tell by the id alone.
 */
function findOperation(source: Source, id: string, { applicationOrder }: StellarTransaction): number | undefined {
  const place = placeOfId(id)
  const transaction = nullable(source, 'transactionIndex', readUint32) ?? place?.transaction
  const operation = nullable(source, 'operationIndex', readUint32) ?? place?.operation
  if (transaction !== applicationOrder || operation === AFTER_OPERATIONS) return undefined
  return operation
}

const AFTER_OPERATIONS = 2 ** 12 - 1

/** An id begins with a total order id: 32 bits of the ledger, 20 of the transaction, 12 of the operation. */
function placeOfId(id: string): { transaction: number; operation: number } | undefined {
  const [, order] = /^([0-9]{1,20})-[0-9]+$/.exec(id) ?? []
  if (order === undefined) return undefined
  return { transaction: Number((BigInt(order) >> 12n) & 0xf_ffffn), operation: Number(BigInt(order) & 0xfffn) }
}
