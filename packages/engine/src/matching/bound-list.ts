/**
 * Entries by an integer bound, ascending. What was added lately waits unsorted in `recent`: adding one costs no more than
 * the others wait, and the list is sorted again only when it has grown by an eighth.
 */
export type BoundList<Entry> = { sorted: Bounded<Entry>[]; recent: Bounded<Entry>[] }

export type Bounded<Entry> = { bound: bigint; entry: Entry }

export function createBoundList<Entry>(): BoundList<Entry> {
  return { sorted: [], recent: [] }
}

const recentMin = 64

export function addBound<Entry>(list: BoundList<Entry>, bounded: Bounded<Entry>): void {
  list.recent.push(bounded)
  if (list.recent.length <= Math.max(recentMin, list.sorted.length / 8)) return
  list.sorted = [...list.sorted, ...list.recent].toSorted(byBound)
  list.recent = []
}

export function removeBound<Entry>({ sorted, recent }: BoundList<Entry>, { bound, entry }: Bounded<Entry>): void {
  const waiting = recent.findIndex((bounded) => bounded.entry === entry && bounded.bound === bound)
  if (waiting >= 0) {
    recent.splice(waiting, 1)
    return
  }
  for (let position = countBelow(sorted, bound); sorted[position]?.bound === bound; position += 1) {
    if (sorted[position]?.entry !== entry) continue
    sorted.splice(position, 1)
    return
  }
}

/** Calls `found` for each entry whose bound the value is strictly above, or strictly below. */
export function boundsPassedBy<Entry>(
  { sorted, recent }: BoundList<Entry>,
  { direction, value, found }: { direction: 'above' | 'below'; value: bigint; found: (entry: Entry) => void },
): void {
  const isAbove = direction === 'above'
  const [start, end] = isAbove ? [0, countBelow(sorted, value)] : [countBelow(sorted, value + 1n), sorted.length]
  for (let position = start; position < end; position += 1) {
    const bounded = sorted[position]
    if (bounded !== undefined) found(bounded.entry)
  }
  for (const { bound, entry } of recent) if (isAbove ? value > bound : value < bound) found(entry)
}

/** How many bounds are smaller than `value`. */
function countBelow(sorted: readonly Bounded<unknown>[], value: bigint): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const bounded = sorted[middle]
    if (bounded !== undefined && bounded.bound < value) low = middle + 1
    else high = middle
  }
  return low
}

function byBound(left: Bounded<unknown>, right: Bounded<unknown>): number {
  if (left.bound === right.bound) return 0
  return left.bound < right.bound ? -1 : 1
}
