import { JsonNumber, type JsonValue } from '../config/json.ts'
import type { MonitorConfig } from '../config/monitor.ts'
import type { JsonObject } from '../evm/json-object.ts'
import { logKeys } from '../evm/log.ts'
import { receiptKeys } from '../evm/receipt.ts'
import { transactionKeys } from '../evm/transaction.ts'
import { fullMonitor } from './full-monitor.ts'
import type { ArgumentEntry, ChainItem, MatchedOn, MatchedOnArgs, MatchedSignature } from './match.ts'
import { inOrder } from './ordered-json.ts'
import {
  assembleLedgerMatch,
  type StellarMatchObject,
  type StellarMatchParts,
} from './stellar/assemble-ledger-match.ts'

/** The match object of OZ Monitor for EVM (spec/04 §8.1). */
export type EvmMatchObject = {
  EVM: {
    monitor: JsonObject
    transaction: JsonObject
    receipt: JsonObject | null
    logs: JsonObject[]
    network_slug: string
    matched_on: MatchedOn
    matched_on_args: MatchedOnArgs
  }
}

export type EvmMatchParts = {
  chain: 'EVM'
  monitor: MonitorConfig
  networkSlug: string
  item: ChainItem
  matchedOn: MatchedOn
  matchedOnArgs: MatchedOnArgs
  withReceipt: boolean
}

/** The match object of the monitor's chain. */
export type MatchObject = EvmMatchObject | StellarMatchObject

export type MatchParts = EvmMatchParts | StellarMatchParts

/**
 * Puts the match object of spec/04 §8.1 or spec/05 §11.1 together, field for field and in its key order, also from parts whose keys a
 * database reordered. The monitor is shown in full file form (spec/02 §6.2), its secrets as they are given here.
 */
export function assembleMatch(parts: EvmMatchParts): EvmMatchObject
export function assembleMatch(parts: StellarMatchParts): StellarMatchObject
export function assembleMatch(parts: MatchParts): MatchObject
export function assembleMatch(parts: MatchParts): MatchObject {
  return parts.chain === 'EVM' ? assembleEvmMatch(parts) : assembleLedgerMatch(parts)
}

function assembleEvmMatch(parts: EvmMatchParts): EvmMatchObject {
  const { monitor, networkSlug, item, matchedOn, matchedOnArgs, withReceipt } = parts
  return {
    EVM: {
      monitor: fullMonitor(monitor),
      transaction: inOrder(item.transaction, transactionKeys),
      receipt: withReceipt && item.receipt !== null ? orderedReceipt(item.receipt) : null,
      logs: item.logs.map((log) => inOrder(log, logKeys)),
      network_slug: networkSlug,
      matched_on: {
        functions: matchedOn.functions.map(orderedSignature),
        events: matchedOn.events.map(orderedSignature),
        transactions: matchedOn.transactions.map(({ status, expression }) => ({ status, expression })),
      },
      matched_on_args: {
        functions: matchedOnArgs.functions?.map(orderedEntry) ?? null,
        events: matchedOnArgs.events?.map(orderedEntry) ?? null,
      },
    },
  }
}

function orderedReceipt(receipt: JsonObject): JsonObject {
  const { logs } = receipt
  const ordered = inOrder(receipt, receiptKeys)
  return Array.isArray(logs) ? { ...ordered, logs: logs.map(orderedLog) } : ordered
}

function orderedLog(log: JsonValue): JsonValue {
  const isObject = typeof log === 'object' && log !== null && !Array.isArray(log) && !(log instanceof JsonNumber)
  return isObject ? inOrder(log, logKeys) : log
}

function orderedSignature({ signature, expression }: MatchedSignature): MatchedSignature {
  return { signature, expression }
}

function orderedEntry({ signature, args, hex_signature }: ArgumentEntry): ArgumentEntry {
  return {
    signature,
    args: args.map(({ name, value, indexed, kind }) => ({ name, value, indexed, kind })),
    hex_signature,
  }
}
