import { addEntry, createPredicateIndex, isEmpty, type PredicateIndex, removeEntry } from '../predicate-index.ts'
import { isPossible, keysOfAny, type PredicateKey } from '../predicate-keys.ts'
import type { CompiledLedgerMonitor, ContractWatch, InterfaceSource } from './compiled-ledger-monitor.ts'
import { stellarKeysOf } from './predicate-keys.ts'

/** Who watches one contract. */
export type ContractWatchers = {
  /** Every monitor that has its address, whatever its conditions. */
  monitors: CompiledLedgerMonitor[]
  onEvent: WatchGroup[]
  onCall: WatchGroup[]
}

/** Those that read the contract with the same interface; what comes is read once for all of them. */
export type WatchGroup = { source: InterfaceSource; bySignature: Map<string, PredicateIndex<ContractWatch>> }

export function createContractWatchers(): ContractWatchers {
  return { monitors: [], onEvent: [], onCall: [] }
}

/** Whether there is anything left to watch for. */
export function isUnwatched({ monitors, onEvent, onCall }: ContractWatchers): boolean {
  return monitors.length + onEvent.length + onCall.length === 0
}

export function addWatch(groups: WatchGroup[], watch: ContractWatch): void {
  const keys = watchKeys(watch)
  if (!isPossible(keys)) return
  let group = groups.find(({ source }) => source === watch.source)
  if (group === undefined) groups.push((group = { source: watch.source, bySignature: new Map() }))
  let watches = group.bySignature.get(watch.signature)
  if (watches === undefined) group.bySignature.set(watch.signature, (watches = createPredicateIndex()))
  addEntry(watches, watch, keys)
}

export function removeWatch(groups: WatchGroup[], watch: ContractWatch): void {
  const position = groups.findIndex(({ source }) => source === watch.source)
  const bySignature = groups[position]?.bySignature
  const watches = bySignature?.get(watch.signature)
  if (bySignature === undefined || watches === undefined) return
  removeEntry(watches, watch, watchKeys(watch))
  if (isEmpty(watches)) bySignature.delete(watch.signature)
  if (bySignature.size === 0) groups.splice(position, 1)
}

/** The same every time: they are not kept, for there are very many watches. */
function watchKeys({ conditions }: ContractWatch): PredicateKey[] | undefined {
  return keysOfAny(conditions, stellarKeysOf)
}
