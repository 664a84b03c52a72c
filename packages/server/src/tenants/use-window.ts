import type { Clock } from '../platform/clock.ts'

/** How often something happened in the last minute, by key. Keys at rest take no room. */
export type UseWindow = {
  add(key: string, count?: number): void
  /** Of each key; exact to five seconds. */
  totals(): ReadonlyMap<string, number>
}

const sliceMs = 5_000
const slices = 12

export function createUseWindow({ clock }: { clock: Pick<Clock, 'now'> }): UseWindow {
  // Newest last.
  const counts: { slice: number; byKey: Map<string, number> }[] = []

  const currentSlice = (): Map<string, number> => {
    const slice = Math.floor(clock.now().getTime() / sliceMs)
    while (counts[0] !== undefined && counts[0].slice <= slice - slices) counts.shift()
    const last = counts.at(-1)
    // A clock that is set back goes on in the slice that it was in.
    if (last !== undefined && last.slice >= slice) return last.byKey
    const byKey = new Map<string, number>()
    counts.push({ slice, byKey })
    return byKey
  }

  return {
    add: (key, count = 1) => {
      const current = currentSlice()
      current.set(key, (current.get(key) ?? 0) + count)
    },
    totals: () => {
      currentSlice()
      const totals = new Map<string, number>()
      for (const { byKey } of counts) for (const [key, count] of byKey) totals.set(key, (totals.get(key) ?? 0) + count)
      return totals
    },
  }
}
