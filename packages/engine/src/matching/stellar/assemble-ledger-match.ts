import type { MonitorConfig } from '../../config/monitor.ts'
import type { MatchArgument } from '../../evm/argument-decoder.ts'
import type { JsonObject } from '../../evm/json-object.ts'
import { fullMonitor } from '../full-monitor.ts'
import type { MatchedSignature } from '../match.ts'
import { inOrder } from '../ordered-json.ts'
import type {
  LedgerItem,
  MatchPositions,
  StellarArgumentEntry,
  StellarMatchedOn,
  StellarMatchedOnArgs,
} from './ledger-match.ts'

/** The match object of OZ Monitor for Stellar (spec/05 §11.1); `positions` and the operations are ours. */
export type StellarMatchObject = {
  Stellar: {
    monitor: JsonObject
    transaction: JsonObject
    ledger: JsonObject
    network_slug: string
    matched_on: StellarMatchedOn
    matched_on_args: StellarMatchedOnArgs
    /** There exactly when the monitor has extensions. */
    positions?: MatchPositions
  }
}

export type StellarMatchParts = {
  chain: 'Stellar'
  monitor: MonitorConfig
  networkSlug: string
  item: LedgerItem
  ledger: JsonObject
  matchedOn: StellarMatchedOn
  matchedOnArgs: StellarMatchedOnArgs
  positions: MatchPositions
}

/**
 * Puts the match object of spec/05 §11.1 together, field for field and in its key order, also from parts whose keys a
 * database reordered. A monitor without extensions gets exactly OZ Monitor's object.
 */
export function assembleLedgerMatch(parts: StellarMatchParts): StellarMatchObject {
  const { monitor, networkSlug, item, ledger, matchedOn, matchedOnArgs, positions } = parts
  const { operations } = matchedOn
  return {
    Stellar: {
      monitor: fullMonitor(monitor),
      transaction: orderedTransaction(item.transaction),
      ledger: inOrder(ledger, ledgerKeys),
      network_slug: networkSlug,
      matched_on: {
        functions: matchedOn.functions.map(orderedSignature),
        events: matchedOn.events.map(orderedSignature),
        transactions: matchedOn.transactions.map(({ status, expression }) => ({ status, expression })),
        ...(operations && { operations: operations.map(({ type, expression }) => ({ type, expression })) }),
      },
      matched_on_args: {
        functions: matchedOnArgs.functions?.map(orderedEntry) ?? null,
        events: matchedOnArgs.events?.map(orderedEntry) ?? null,
        ...(operations && {
          operations:
            matchedOnArgs.operations?.map(({ type, args }) => ({ type, args: args.map(orderedArgument) })) ?? null,
        }),
      },
      ...(operations && { positions: orderedPositions(positions) }),
    },
  }
}

const ledgerKeys = [
  'hash',
  'sequence',
  'ledgerCloseTime',
  'headerXdr',
  'headerJson',
  'metadataXdr',
  'metadataJSON',
] as const

const transactionKeys = [
  'status',
  'txHash',
  'applicationOrder',
  'feeBump',
  'envelopeXdr',
  'envelopeJson',
  'resultXdr',
  'resultJson',
  'resultMetaXdr',
  'resultMetaJson',
  'diagnosticEventsXdr',
  'diagnosticEventsJson',
  'ledger',
  'createdAt',
] as const

/** `decoded` is always there and last (spec/05 §4.2). */
function orderedTransaction({ decoded = null, ...json }: JsonObject): JsonObject {
  return { ...inOrder(json, transactionKeys), decoded }
}

function orderedPositions({ functions, events, operations }: MatchPositions): MatchPositions {
  return {
    functions: functions.map(({ operation_index }) => ({ operation_index })),
    events: events.map(({ operation_index, event_id }) => ({ operation_index, event_id })),
    operations: operations.map(({ operation_index }) => ({ operation_index })),
  }
}

function orderedSignature({ signature, expression }: MatchedSignature): MatchedSignature {
  return { signature, expression }
}

function orderedEntry({ signature, args }: StellarArgumentEntry): StellarArgumentEntry {
  return { signature, args: args.map(orderedArgument) }
}

function orderedArgument({ name, value, kind, indexed }: MatchArgument): MatchArgument {
  return { name, value, kind, indexed }
}
