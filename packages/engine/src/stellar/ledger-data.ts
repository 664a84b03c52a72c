import type { JsonObject } from '../evm/json-object.ts'

/** Everything that happened in one ledger, complete (spec/05 §4). `transactions` and `events` are in ledger order. */
export type LedgerData = {
  ledger: StellarLedger
  transactions: readonly StellarTransaction[]
  events: readonly StellarEvent[]
}

/** `json` is the output form of spec/05 §4.1: known members only, as the node wrote them. */
export type StellarLedger = {
  sequence: bigint
  /** Lower-case hex without prefix. */
  hash: string
  /** Of the ledger before; from `headerXdr`. */
  previousHash: string
  /** Unix seconds. */
  closeTime: bigint
  json: JsonObject
}

/** `json` is the output form of spec/05 §4.2 without `decoded`. */
export type StellarTransaction = {
  hash: string
  status: string
  /** Position in the ledger, from 1. */
  applicationOrder: number
  isFeeBump: boolean
  envelopeXdr: string | undefined
  resultXdr: string | undefined
  resultMetaXdr: string | undefined
  diagnosticEventsXdr: readonly string[]
  json: JsonObject
}

/** spec/05 §4.3. Topics and value are base64 XDR, not decoded. */
export type StellarEvent = {
  id: string
  /** `contract` or `system`. */
  type: string
  /** As the node writes it: a contract strkey. */
  contractId: string
  txHash: string
  /** From 0, of the transaction in the ledger and of the operation in the transaction; undefined when the node does not tell. */
  transactionIndex: number | undefined
  operationIndex: number | undefined
  /** False in a transaction that failed. A node that omits it means true. */
  isInSuccessfulCall: boolean
  topics: readonly string[] | undefined
  value: string | undefined
}
