import { addEntry, createPredicateIndex, isEmpty, type PredicateIndex, removeEntry } from '../predicate-index.ts'
import { isPossible, keysOfAny, type PredicateKey } from '../predicate-keys.ts'
import {
  type CompiledLedgerMonitor,
  compileLedgerMonitor,
  createLedgerParts,
  type OperationWatch,
  releaseLedgerMonitor,
  type StellarMonitorInput,
} from './compiled-ledger-monitor.ts'
import { normaliseContract } from './contract-address.ts'
import {
  addWatch,
  type ContractWatchers,
  createContractWatchers,
  isUnwatched,
  removeWatch,
} from './contract-watchers.ts'
import {
  addNeed,
  createEnvelopeInterest,
  type EnvelopeInterest,
  type EnvelopeNeed,
  needOfContract,
  needOfKeys,
  removeNeed,
} from './envelope-interest.ts'
import { stellarKeysOf } from './predicate-keys.ts'

/** `passphrase` is what the contract ids of assets are derived from; without it an asset is no address. */
export type StellarNetwork = { slug: string; passphrase: string | undefined }

/**
 * The monitors of one Stellar network, arranged by what can make them match. Changes are incremental and leave the index as
 * if all its monitors had been compiled afresh. Only active monitors belong here; neither `paused` nor `networks` is looked at.
 */
export type StellarIndex = {
  readonly networkSlug: string
  readonly size: number
  /** Adds a monitor, or replaces the one of the same key in its place. */
  set(monitor: StellarMonitorInput): void
  /** Whether there was such a monitor. */
  remove(key: string): boolean
  has(key: string): boolean
  /** How many distinct addresses are watched. */
  addresses(): number
  /** How many distinct contract specs and expressions are compiled. */
  interfaces(): number
  expressions(): number
  /** What evaluateLedger looks things up in. */
  readonly lookup: LedgerLookup
}

export type LedgerLookup = {
  /** By the address of a contract as the chain writes it, or as a monitor does. */
  watchersOf(contractId: string): ContractWatchers | undefined
  /** How many watches of calls there are. */
  callWatchCount(): number
  /** The contracts of which nested calls are watched; an envelope names every contract that its transaction reaches. */
  readonly nestedInterest: EnvelopeInterest
  /** Monitors that no event, call or operation is needed for. */
  readonly onTransaction: PredicateIndex<CompiledLedgerMonitor>
  readonly transactionInterest: EnvelopeInterest
  /** By type of operation, or `any`. */
  readonly onOperation: ReadonlyMap<string, PredicateIndex<OperationWatch>>
  readonly operationInterest: EnvelopeInterest
}

/** Compiles the monitors of a network (design 8). */
export function compileStellarMonitors(
  { slug, passphrase }: StellarNetwork,
  monitors: readonly StellarMonitorInput[],
): StellarIndex {
  const parts = createLedgerParts()
  const byKey = new Map<string, CompiledLedgerMonitor>()
  const byAddress = new Map<string, ContractWatchers>()
  const onTransaction = createPredicateIndex<CompiledLedgerMonitor>()
  const onOperation = new Map<string, PredicateIndex<OperationWatch>>()
  const transactionInterest = createEnvelopeInterest()
  const operationInterest = createEnvelopeInterest()
  const nestedInterest = createEnvelopeInterest()
  let callWatchCount = 0
  let nextOrder = 0

  function watchersAt(address: string): ContractWatchers {
    const known = byAddress.get(address)
    if (known) return known
    const watchers = createContractWatchers()
    byAddress.set(address, watchers)
    return watchers
  }

  function attach(monitor: CompiledLedgerMonitor): void {
    byKey.set(monitor.key, monitor)
    for (const address of monitor.addresses) watchersAt(address).monitors.push(monitor)
    for (const watch of monitor.eventWatches) addWatch(watchersAt(watch.address).onEvent, watch)
    for (const watch of monitor.callWatches) {
      addWatch(watchersAt(watch.address).onCall, watch)
      if (monitor.seesNestedCalls) addNeed(nestedInterest, needOfContract(watch.address))
    }
    callWatchCount += monitor.callWatches.length
    for (const watch of monitor.operationWatches) {
      const keys = operationKeys(watch)
      if (!isPossible(keys)) continue
      let watches = onOperation.get(watch.type)
      if (watches === undefined) onOperation.set(watch.type, (watches = createPredicateIndex()))
      addEntry(watches, watch, keys)
      addNeed(operationInterest, needOfKeys(keys))
    }
    const keys = transactionKeys(monitor)
    if (monitor.needsEvidence || !isPossible(keys)) return
    addEntry(onTransaction, monitor, keys)
    addNeed(transactionInterest, needOfTransactions(monitor))
  }

  function detach(monitor: CompiledLedgerMonitor): void {
    for (const watch of monitor.eventWatches) removeWatch(watchersAt(watch.address).onEvent, watch)
    for (const watch of monitor.callWatches) {
      removeWatch(watchersAt(watch.address).onCall, watch)
      if (monitor.seesNestedCalls) removeNeed(nestedInterest, needOfContract(watch.address))
    }
    callWatchCount -= monitor.callWatches.length
    for (const address of monitor.addresses) {
      const watchers = watchersAt(address)
      watchers.monitors.splice(watchers.monitors.indexOf(monitor), 1)
      if (isUnwatched(watchers)) byAddress.delete(address)
    }
    for (const watch of monitor.operationWatches) {
      const watches = onOperation.get(watch.type)
      const keys = operationKeys(watch)
      if (watches === undefined || !isPossible(keys)) continue
      removeEntry(watches, watch, keys)
      removeNeed(operationInterest, needOfKeys(keys))
      if (isEmpty(watches)) onOperation.delete(watch.type)
    }
    const keys = transactionKeys(monitor)
    if (!monitor.needsEvidence && isPossible(keys)) {
      removeEntry(onTransaction, monitor, keys)
      removeNeed(transactionInterest, needOfTransactions(monitor))
    }
    releaseLedgerMonitor(monitor, parts)
  }

  const index: StellarIndex = {
    networkSlug: slug,
    get size() {
      return byKey.size
    },
    set(input) {
      const previous = byKey.get(input.key)
      const monitor = compileLedgerMonitor(input, { order: previous?.order ?? nextOrder, passphrase, parts })
      if (previous) detach(previous)
      else nextOrder += 1
      attach(monitor)
    },
    remove(key) {
      const monitor = byKey.get(key)
      if (monitor) detach(monitor)
      return byKey.delete(key)
    },
    has: (key) => byKey.has(key),
    addresses: () => byAddress.size,
    interfaces: () => parts.interfaces.size(),
    expressions: () => parts.expressions.size(),
    lookup: {
      watchersOf: (contractId) => byAddress.get(normaliseContract(contractId)),
      callWatchCount: () => callWatchCount,
      nestedInterest,
      onTransaction,
      transactionInterest,
      onOperation,
      operationInterest,
    },
  }
  for (const monitor of monitors) index.set(monitor)
  return index
}

/** The same every time: they are not kept, for there are very many watches. */
export function operationKeys({ conditions }: OperationWatch): PredicateKey[] | undefined {
  return keysOfAny(conditions, stellarKeysOf)
}

/** Without conditions every transaction matches (spec/05 §10.5). */
function transactionKeys({ transactionConditions }: CompiledLedgerMonitor): PredicateKey[] | undefined {
  return transactionConditions.length === 0 ? undefined : keysOfAny(transactionConditions, stellarKeysOf)
}

/** A condition without an expression looks at the status alone. */
export function needOfTransactions({ transactionConditions }: CompiledLedgerMonitor): EnvelopeNeed {
  const expressed = transactionConditions.filter(({ expression }) => expression !== null)
  return expressed.length === 0 ? 'nothing' : needOfKeys(keysOfAny(expressed, stellarKeysOf))
}
