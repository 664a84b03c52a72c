import type { Random } from './backoff.ts'

/** A tenant that has something to send now. Candidates come in the order of their ids, from `after` on, around the ring. */
export type Candidate = {
  tenantId: string
  /** Turns per round: twice the weight, twice the share. */
  weight: number
  /** How many of its deliveries may begin now. */
  ready: number
}

export type TenantPick = { tenantId: string; count: number }

/**
 * Deficit round-robin over the ring of all tenants: in each round a tenant has as many turns as its weight says; one that
 * was cut short goes first next time, one that has nothing left loses what it did not use. So nobody's backlog changes
 * the share of anybody else.
 */
export type TenantPicker = {
  /** The look for candidates begins behind this tenant. */
  after(): string
  /** At most `room` deliveries of these tenants. Shuffled: within a batch, too, no tenant is always first. */
  pick(candidates: readonly Candidate[], room: number): TenantPick[]
}

export function createTenantPicker({ random, start = '' }: { random: Random; start?: string }): TenantPicker {
  let last = start
  /** The tenant whose turn the end of the room cut short, and its turns that are left. */
  let owed: { tenantId: string; turns: number; before: string } | undefined

  return {
    after: () => owed?.before ?? last,
    pick: (candidates, room) => {
      const counts = new Map<string, number>()
      const ready = new Map(candidates.map((candidate) => [candidate.tenantId, candidate.ready]))
      let left = room
      while (left > 0 && [...ready.values()].some((count) => count > 0)) {
        for (const { tenantId, weight } of candidates) {
          const turns = owed?.tenantId === tenantId ? owed.turns : weight
          const available = ready.get(tenantId) ?? 0
          const count = Math.min(turns, available, left)
          if (count === 0) continue
          counts.set(tenantId, (counts.get(tenantId) ?? 0) + count)
          ready.set(tenantId, available - count)
          left -= count
          const isCutShort = left === 0 && count < turns && count < available
          owed = isCutShort ? { tenantId, turns: turns - count, before: last } : undefined
          if (!isCutShort) last = tenantId
          if (left === 0) break
        }
      }
      return shuffled([...counts], random).map(([tenantId, count]) => ({ tenantId, count }))
    },
  }
}

function shuffled<T>(items: T[], random: Random): T[] {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1))
    const [a, b] = [items[at], items[other]]
    if (a === undefined || b === undefined) continue
    items[at] = b
    items[other] = a
  }
  return items
}
