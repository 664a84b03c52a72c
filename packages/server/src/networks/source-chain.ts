import type { RpcCallOptions } from '@smt/chains'
import type { BlockData, EvmReceipt, LedgerData, StellarSpec } from '@smt/engine'

/**
 * A chain as a source follows it, whatever its family. All functions throw RpcError; none turns a failure into an empty
 * answer. What only one family has stands in its kind of block, and is looked at by that family's index alone.
 */
export type SourceChain = {
  /** The number of the newest block. */
  head(options?: RpcCallOptions): Promise<bigint>
  header(number: bigint, options?: RpcCallOptions): Promise<BlockHeader>
  /** Everything that happened in the block. `null_result`: it is not there yet. */
  block(number: bigint, options?: RpcCallOptions): Promise<SourceBlock>
  /** A transaction and the block that it stands in. `null_result`: the nodes know no such transaction. */
  locate(txHash: string, options?: RpcCallOptions): Promise<LocatedTransaction>
  /** Headers that must agree with one another: all of one endpoint. */
  pinned(): Pick<SourceChain, 'header'>
}

/** What links a block to its chain. `timestamp` is in unix seconds. */
export type BlockHeader = { number: bigint; hash: string; parentHash: string; timestamp: bigint }

/** One block with its data, and the way to the facts that only some of it needs. */
export type SourceBlock = EvmSourceBlock | StellarSourceBlock

export type EvmSourceBlock = {
  type: 'EVM'
  header: BlockHeader
  data: BlockData
  /** Of exactly these transactions of the block. */
  receipts(hashes: readonly string[], options?: RpcCallOptions): Promise<ReadonlyMap<string, EvmReceipt>>
}

export type StellarSourceBlock = {
  type: 'Stellar'
  header: BlockHeader
  data: LedgerData
  contractSpecs(contractIds: readonly string[], options?: RpcCallOptions): Promise<ContractSpecs>
  /** What is known of the specs of these contracts is out of date from the next ledger on. */
  forgetSpecs(contractIds: readonly string[]): void
}

/**
 * By contract, the spec on chain as it is now; null when it has none, or one that this version cannot read: then it is
 * named in `unreadable` as well.
 */
export type ContractSpecs = { specs: ReadonlyMap<string, StellarSpec | null>; unreadable: readonly string[] }

/** `txHash` as the block has it. */
export type LocatedTransaction =
  | { type: 'EVM'; block: EvmSourceBlock; txHash: string; receipt: EvmReceipt }
  | { type: 'Stellar'; block: StellarSourceBlock; txHash: string }

/** Chains that are read and evaluated the same way. */
export type ChainFamily = SourceBlock['type']

/** What evaluating needs to know of a network; `passphrase` is Stellar's. */
export type FollowedNetwork = { family: ChainFamily; slug: string; passphrase: string | undefined }

export const chainFamilies = ['EVM', 'Stellar'] as const satisfies readonly ChainFamily[]

/** Undefined: a network of this type cannot be followed. */
export function chainFamilyOf(networkType: string): ChainFamily | undefined {
  return chainFamilies.find((family) => family === networkType)
}
