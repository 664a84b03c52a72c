/** How many things run, by key. A key that has none takes no room. */
export type Tally = {
  readonly counts: ReadonlyMap<string, number>
  of(key: string): number
  add(key: string): void
  remove(key: string): void
}

export function createTally(): Tally {
  const counts = new Map<string, number>()
  return {
    counts,
    of: (key) => counts.get(key) ?? 0,
    add: (key) => {
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    remove: (key) => {
      const left = (counts.get(key) ?? 0) - 1
      if (left > 0) counts.set(key, left)
      else counts.delete(key)
    },
  }
}
