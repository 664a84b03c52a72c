import type { Input } from '../../evm/argument-decoder.ts'
import type { EventDecoder } from '../../evm/event-decoder.ts'
import type { FunctionDecoder } from '../../evm/function-decoder.ts'
import {
  type CallWatch,
  type CompiledMonitor,
  compileMonitor,
  createSharedParts,
  type EventWatch,
  type MonitorInput,
  releaseMonitor,
} from './compiled-monitor.ts'
import type { Condition } from '../condition.ts'
import { addEntry, createPredicateIndex, isEmpty, type PredicateIndex, removeEntry } from '../predicate-index.ts'
import { isPossible, keysOfAny, type PredicateKey } from '../predicate-keys.ts'
import { evmKeysOf } from './predicate-keys.ts'
import { receiptVariable, transactionVariables } from './transaction-parameters.ts'

/**
 * The monitors of one network, arranged by what can make them match. Changes are incremental and leave the index as if all
 * its monitors had been compiled afresh. Only active monitors belong here; neither `paused` nor `networks` is looked at.
 */
export type MonitorIndex = {
  readonly networkSlug: string
  readonly size: number
  /** Adds a monitor, or replaces the one of the same key in its place. */
  set(monitor: MonitorInput): void
  /** Whether there was such a monitor. */
  remove(key: string): boolean
  has(key: string): boolean
  /** How many distinct addresses are watched. */
  addresses(): number
  /** How many distinct ABIs are compiled. */
  abis(): number
  /** How many distinct expressions are compiled. */
  expressions(): number
  /** Who watches an address (`0x`, lower case); what evaluateBlock looks things up in. */
  watchersOf(address: string): AddressWatchers | undefined
}

export type AddressWatchers = {
  /** Monitors that a transaction may concern as soon as the address takes part in it. */
  onInvolvement: PredicateIndex<CompiledMonitor> | undefined
  /** By topic hash: monitors that a transaction may concern only through such a log of the address. */
  onEvent: Map<string, WatchGroup<EventDecoder, EventWatch>[]> | undefined
  /** By selector: monitors that a transaction may concern only through such a call of the address. */
  onCall: Map<string, WatchGroup<FunctionDecoder, CallWatch>[]> | undefined
}

/** Those whose ABIs decode the same way; what comes is decoded once for all of them. */
export type WatchGroup<Decoder, Watch> = { decoder: Decoder; watches: PredicateIndex<Watch> }

/** Compiles the monitors of a network (design 8). */
export function compileMonitors(networkSlug: string, monitors: readonly MonitorInput[]): MonitorIndex {
  const shared = createSharedParts()
  const byKey = new Map<string, CompiledMonitor>()
  const byAddress = new Map<string, AddressWatchers>()
  let nextOrder = 0

  function watchersAt(address: string): AddressWatchers {
    const known = byAddress.get(address)
    if (known) return known
    const watchers: AddressWatchers = { onInvolvement: undefined, onEvent: undefined, onCall: undefined }
    byAddress.set(address, watchers)
    return watchers
  }

  function attach(monitor: CompiledMonitor): void {
    byKey.set(monitor.key, monitor)
    const keys = monitor.needsEvidence ? [] : involvementKeys(monitor)
    if (isPossible(keys)) {
      for (const address of monitor.addresses) {
        const watchers = watchersAt(address)
        addEntry((watchers.onInvolvement ??= createPredicateIndex()), monitor, keys)
      }
    }
    for (const watch of monitor.eventWatches) {
      if (!isPossible(watchKeys(watch))) continue
      const watchers = watchersAt(watch.address)
      addWatch((watchers.onEvent ??= new Map()), watch.decoder.topic0, watch)
    }
    for (const watch of monitor.callWatches) {
      if (!isPossible(watchKeys(watch))) continue
      const watchers = watchersAt(watch.address)
      addWatch((watchers.onCall ??= new Map()), watch.decoder.selector, watch)
    }
  }

  function detach(monitor: CompiledMonitor): void {
    const keys = involvementKeys(monitor)
    for (const address of monitor.addresses) {
      const watchers = byAddress.get(address)
      if (!watchers?.onInvolvement) continue
      removeEntry(watchers.onInvolvement, monitor, keys)
      if (isEmpty(watchers.onInvolvement)) watchers.onInvolvement = undefined
    }
    for (const watch of monitor.eventWatches) {
      const watchers = byAddress.get(watch.address)
      if (!watchers?.onEvent) continue
      removeWatch(watchers.onEvent, watch.decoder.topic0, watch)
      if (watchers.onEvent.size === 0) watchers.onEvent = undefined
    }
    for (const watch of monitor.callWatches) {
      const watchers = byAddress.get(watch.address)
      if (!watchers?.onCall) continue
      removeWatch(watchers.onCall, watch.decoder.selector, watch)
      if (watchers.onCall.size === 0) watchers.onCall = undefined
    }
    for (const address of monitor.addresses) {
      const watchers = byAddress.get(address)
      if (watchers && !watchers.onInvolvement && !watchers.onEvent && !watchers.onCall) byAddress.delete(address)
    }
    releaseMonitor(monitor, shared)
  }

  const index: MonitorIndex = {
    networkSlug,
    get size() {
      return byKey.size
    },
    set(input) {
      const previous = byKey.get(input.key)
      const monitor = compileMonitor(input, previous?.order ?? nextOrder, shared)
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
    abis: () => shared.abis.size(),
    expressions: () => shared.expressions.size(),
    watchersOf: (address) => byAddress.get(address),
  }

  for (const monitor of monitors) index.set(monitor)
  return index
}

type AnyWatch<Decoder> = { decoder: Decoder; conditions: readonly Condition[] }

function addWatch<Decoder extends { inputs: readonly Input[] | undefined }, Watch extends AnyWatch<Decoder>>(
  groups: Map<string, WatchGroup<Decoder, Watch>[]>,
  hash: string,
  watch: Watch,
): void {
  const known = groups.get(hash)
  const group = known?.find(({ decoder }) => decoder === watch.decoder)
  const watches = group?.watches ?? createPredicateIndex<Watch>()
  addEntry(watches, watch, watchKeys(watch))
  if (group !== undefined) return
  if (known) known.push({ decoder: watch.decoder, watches })
  else groups.set(hash, [{ decoder: watch.decoder, watches }])
}

function removeWatch<Decoder extends { inputs: readonly Input[] | undefined }, Watch extends AnyWatch<Decoder>>(
  groups: Map<string, WatchGroup<Decoder, Watch>[]>,
  hash: string,
  watch: Watch,
): void {
  const known = groups.get(hash) ?? []
  const position = known.findIndex(({ decoder }) => decoder === watch.decoder)
  const group = known[position]
  if (group === undefined) return
  removeEntry(group.watches, watch, watchKeys(watch))
  if (!isEmpty(group.watches)) return
  known.splice(position, 1)
  if (known.length === 0) groups.delete(hash)
}

/** The same every time: they are not kept, for there are very many watches. */
function watchKeys({
  decoder,
  conditions,
}: AnyWatch<{ inputs: readonly Input[] | undefined }>): PredicateKey[] | undefined {
  const kindOf = (name: string) => decoder.inputs?.find((input) => input.name === name)?.kind
  return keysOfAny(conditions, evmKeysOf(kindOf))
}

function involvementKeys({ transactionConditions }: CompiledMonitor): PredicateKey[] | undefined {
  if (transactionConditions.length === 0) return undefined
  // What only the receipt knows is not known yet when monitors are looked up.
  const kindOf = (name: string) =>
    name === receiptVariable ? undefined : transactionVariables.find((variable) => variable.name === name)?.kind
  return keysOfAny(transactionConditions, evmKeysOf(kindOf))
}
