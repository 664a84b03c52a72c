import type { ExpressionParameters } from '../expression/parameters.ts'
import { type BoundList, addBound, boundsPassedBy, createBoundList, removeBound } from './bound-list.ts'
import type { KeyReader, PredicateKey } from './predicate-keys.ts'

/**
 * Entries arranged by what must hold for them, so that those which cannot match a log or a call are never looked at. Plain
 * data, for there is one for each watched event: `undefined` until the first entry of its sort.
 */
export type PredicateIndex<Entry> = {
  /** Entries that nothing can be said about. */
  always: Entry[]
  equal: Map<string, Map<string, Entry[]>> | undefined
  above: Map<string, BoundList<Entry>> | undefined
  below: Map<string, BoundList<Entry>> | undefined
}

export function createPredicateIndex<Entry>(): PredicateIndex<Entry> {
  return { always: [], equal: undefined, above: undefined, below: undefined }
}

/** With `keys` undefined the entry is always found, with none never. */
export function addEntry<Entry>(index: PredicateIndex<Entry>, entry: Entry, keys: PredicateKey[] | undefined): void {
  if (keys === undefined) {
    index.always.push(entry)
    return
  }
  for (const key of keys) {
    if (key.kind === 'equal') {
      index.equal ??= new Map()
      const values = ensure(index.equal, key.variable, () => new Map<string, Entry[]>())
      ensure(values, key.value, () => []).push(entry)
    } else {
      addBound(ensure(boundsIn(index, key.kind), key.variable, createBoundList), { bound: key.bound, entry })
    }
  }
}

/** Takes out what `addEntry` put in with the same keys. */
export function removeEntry<Entry>(index: PredicateIndex<Entry>, entry: Entry, keys: PredicateKey[] | undefined): void {
  if (keys === undefined) {
    removeFrom(index.always, entry)
    return
  }
  for (const key of keys) {
    if (key.kind === 'equal') {
      const values = index.equal?.get(key.variable)
      const entries = values?.get(key.value)
      if (values === undefined || entries === undefined) continue
      removeFrom(entries, entry)
      if (entries.length === 0) values.delete(key.value)
      if (values.size === 0) index.equal?.delete(key.variable)
    } else {
      const bounds = index[key.kind]
      const list = bounds?.get(key.variable)
      if (list === undefined) continue
      removeBound(list, { bound: key.bound, entry })
      if (list.sorted.length + list.recent.length === 0) bounds?.delete(key.variable)
    }
  }
}

export function isEmpty({ always, equal, above, below }: PredicateIndex<unknown>): boolean {
  return always.length === 0 && [equal, above, below].every((map) => map === undefined || map.size === 0)
}

/** Calls `found` for each entry that may match; one with several keys may be found several times. */
export function findEntries<Entry>(
  index: PredicateIndex<Entry>,
  { parameters, reader }: { parameters: () => ExpressionParameters; reader: KeyReader },
  found: (entry: Entry) => void,
): void {
  for (const entry of index.always) found(entry)
  for (const [name, values] of index.equal ?? []) {
    const operand = parameters().operands.get(name)
    const text = operand === undefined ? null : reader.textOf(operand)
    if (text === null) continue
    const groups = text === undefined ? values.values() : [values.get(text) ?? []]
    for (const entries of groups) for (const entry of entries) found(entry)
  }
  for (const direction of ['above', 'below'] as const) {
    for (const [name, list] of index[direction] ?? []) {
      const operand = parameters().operands.get(name)
      const value = operand && reader.integerOf(operand)
      if (value !== undefined) boundsPassedBy(list, { direction, value, found })
    }
  }
}

/** Calls `found` for each entry, whatever must hold for it; one with several keys may be found several times. */
export function allEntries<Entry>(index: PredicateIndex<Entry>, found: (entry: Entry) => void): void {
  for (const entry of index.always) found(entry)
  for (const values of index.equal?.values() ?? []) {
    for (const entries of values.values()) for (const entry of entries) found(entry)
  }
  for (const bounds of [index.above, index.below]) {
    for (const { sorted, recent } of bounds?.values() ?? []) {
      for (const { entry } of sorted) found(entry)
      for (const { entry } of recent) found(entry)
    }
  }
}

function boundsIn<Entry>(index: PredicateIndex<Entry>, kind: 'above' | 'below'): Map<string, BoundList<Entry>> {
  return (index[kind] ??= new Map())
}

function ensure<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = create()
  map.set(key, value)
  return value
}

function removeFrom<Entry>(entries: Entry[], entry: Entry): void {
  const position = entries.indexOf(entry)
  if (position >= 0) entries.splice(position, 1)
}
