import type { RpcCallOptions } from '@smt/chains'
import type { JsonObject, JsonValue, MonitorConfig } from '@smt/engine'
import type { ChainFamily, FollowedNetwork, SourceBlock } from '../networks/source-chain.ts'
import { createEvmIndex } from './evm-index.ts'
import { createStellarIndex } from './stellar-index.ts'

/**
 * The compiled monitors of one source, for one family of chains. What is particular to a family (its engine, the facts
 * that it asks for) stays behind this.
 */
export type FamilyIndex = {
  readonly size: number
  /** Adds a monitor version, or replaces the one of the same key in its place. Throws when it cannot be read. */
  set(monitor: FamilyMonitor): void
  /** Whether there was such a version. */
  remove(key: string): boolean
  /**
   * Judges every monitor on one block; the facts of candidates are fetched before. Throws RpcError when they cannot be had:
   * nothing was judged then.
   */
  evaluate(block: SourceBlock, options?: RpcCallOptions): Promise<FamilyResult>
}

/** `extensions`: the part of the monitor's envelope that OZ Monitor does not know. */
export type FamilyMonitor = { key: string; configuration: MonitorConfig; extensions: JsonValue }

export type FamilyResult = {
  matches: FamilyMatch[]
  failures: { key: string; error: string }[]
  /** What match objects show of the block itself; it is stored once for all of them. Null: nothing. */
  body: JsonObject | null
  /** How many parts of the block this version cannot decode. */
  undecoded: number
  /** Contracts whose code was replaced in this block. */
  upgrades: readonly string[]
}

/** One match in the form in which it is stored: only its family's match object looks into the parts. */
export type FamilyMatch = {
  key: string
  txHash: string
  /** Position in the block's list of transactions, from 0. */
  txIndex: number
  matchedOn: JsonValue
  matchedOnArgs: JsonValue
  withReceipt: boolean
  /** Where in the transaction each thing that matched happened; null when the family does not tell. */
  positions: JsonValue
  /** What all matches of the transaction share. */
  item: JsonValue
}

const factories: Record<ChainFamily, (network: FollowedNetwork) => FamilyIndex> = {
  EVM: createEvmIndex,
  Stellar: createStellarIndex,
}

/** An empty index for the monitors of a network. */
export function createFamilyIndex(network: FollowedNetwork): FamilyIndex {
  return factories[network.family](network)
}
