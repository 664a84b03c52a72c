import type { XdrJson } from './xdr.ts'

/** An event as a contract emits it. Topics and data are `ScVal` as JSON. */
export type SimulatedEvent = {
  /** Default: a contract event. */
  type?: 'contract' | 'system'
  contractId: string
  topics: XdrJson[]
  data: XdrJson
}

/** What an operation may know when its consequences are worked out. */
export type OperationContext = {
  /** The operation's own source, else the transaction's, as written: G… or M…. */
  source: string
  /** The same account as G…. */
  account: string
  memo: XdrJson
  /** The contract that stands for an asset: `native` or `CODE:ISSUER`. */
  assetContract(asset: string): string
  /** Numbers offers; the next is one higher. */
  nextOfferId(): string
  /** Identifies a claimable balance by what made it: SHA-256 in hex. */
  balanceId(): string
  /** The lumens of the account in stroops, before the operation. */
  nativeBalance(account: string): bigint
}

/**
 * One operation of a transaction: its XDR and what follows from it when it succeeds. The simulator checks nothing:
 * what is to fail is told so (`fails` of the transaction), everything else succeeds.
 */
export type SimulatedOperation = {
  /** Own source account; default: the transaction's. */
  source?: string
  body: XdrJson
  /** `OperationResultTr` of a success and of a failure. */
  success(context: OperationContext): XdrJson
  failure: XdrJson
  /** The unified events of CAP-67, emitted when the simulator is told to. */
  classicEvents?(context: OperationContext): SimulatedEvent[]
  /** Movements of lumens in stroops. */
  nativeChanges?(context: OperationContext): { account: string; amount: bigint }[]
  /** Present for a contract call (one per transaction). */
  call?: SimulatedCall
  /** A contract gets another executable. */
  newExecutable?: { contractId: string; wasmHash: string }
}

/** A contract call with the events it emits and the calls it makes. */
export type SimulatedCall = {
  contractId: string
  functionName: string
  args: XdrJson[]
  events?: SimulatedEvent[]
  calls?: SimulatedCall[]
  /** `ScVal`; default void. */
  returns?: XdrJson
}

export type SimulatedTransaction = {
  /** G… or M… of one of the simulator's accounts. */
  source: string
  operations: SimulatedOperation[]
  memo?: string | { id: bigint } | { hash: string }
  /** Wrapped in a fee bump that this account pays. */
  feeBump?: { source: string }
  /** The transaction is in the ledger, its last operation failed and nothing followed from it. */
  fails?: boolean
}
