import { JsonNumber, type JsonValue } from '../config/json.ts'
import type { MonitorConfig } from '../config/monitor.ts'
import type { JsonObject } from '../evm/json-object.ts'
import { logKeys } from '../evm/log.ts'
import { receiptKeys } from '../evm/receipt.ts'
import { transactionKeys } from '../evm/transaction.ts'
import type { ArgumentEntry, ChainItem, MatchedOn, MatchedOnArgs, MatchedSignature } from './match.ts'

/** The match object of OZ Monitor for EVM (spec/04 §8.1). */
export type MatchObject = {
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

export type MatchParts = {
  chain: 'EVM'
  monitor: MonitorConfig
  networkSlug: string
  item: ChainItem
  matchedOn: MatchedOn
  matchedOnArgs: MatchedOnArgs
  withReceipt: boolean
}

/**
 * Puts the match object of spec/04 §8.1 together, field for field and in its key order, also from parts whose keys a
 * database reordered. The monitor is shown in full file form (spec/02 §6.2), its secrets as they are given here.
 */
export function assembleMatch(parts: MatchParts): MatchObject {
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

function fullMonitor(monitor: MonitorConfig): JsonObject {
  const { functions, events, transactions } = monitor.match_conditions
  return {
    name: monitor.name,
    networks: monitor.networks,
    paused: monitor.paused,
    addresses: monitor.addresses.map(({ address }) => ({ address, contract_spec: null })),
    match_conditions: {
      functions: functions.map(({ signature, expression }) => ({ signature, expression: expression ?? null })),
      events: events.map(({ signature, expression }) => ({ signature, expression: expression ?? null })),
      transactions: transactions.map(({ status, expression }) => ({ status, expression: expression ?? null })),
    },
    trigger_conditions: monitor.trigger_conditions.map((condition) => ({
      script_path: condition.script_path,
      language: condition.language,
      arguments: condition.arguments ?? null,
      timeout_ms: condition.timeout_ms,
    })),
    triggers: monitor.triggers,
    chain_configurations: (monitor.chain_configurations ?? []).map(chainConfiguration),
  }
}

type ChainConfiguration = NonNullable<MonitorConfig['chain_configurations']>[number]

/** Only what OZ Monitor knows of it; the settings of these chains have no fields but the viewing keys (spec/01 §4.4). */
function chainConfiguration({ midnight, ...chains }: ChainConfiguration): JsonObject {
  const known: JsonObject = {}
  if (midnight) {
    known.midnight = { viewing_keys: (midnight.viewing_keys ?? []).map(({ type, value }) => ({ type, value })) }
  }
  for (const chain of ['evm', 'stellar', 'solana'] as const) {
    if (chains[chain]) known[chain] = {}
  }
  return known
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

/** The keys named first, then the others as they come. */
function inOrder(object: JsonObject, keys: readonly string[]): JsonObject {
  const first = keys.filter((key) => Object.hasOwn(object, key)).map((key) => [key, object[key] ?? null] as const)
  return { ...Object.fromEntries(first), ...object }
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
