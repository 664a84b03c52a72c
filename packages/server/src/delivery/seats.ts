import { createTally } from '../platform/tally.ts'

/**
 * Who is in flight in this process. A delivery that only waits (for its repeat, or for a failure to be known) rests: it
 * leaves its seat to others, so that a dead receiver slows down nothing but its own trigger.
 */
export type Seats = {
  /** Takes a seat; whether there is one is asked before, all at once. */
  take(tenantId: string): Seat
  /** How many are in flight, without those that rest. */
  inFlight(): number
  /** How many more may begin. */
  room(): number
  /** What is in flight of each tenant; one of which too much rests counts as full. */
  ofTenants(): ReadonlyMap<string, number>
}

export type Seat = {
  /** Leaves the seat for as long as the wait lasts. It is taken again whether there is room or not: no round stops half-way. */
  rest(wait: () => Promise<void>): Promise<void>
  leave(): void
}

export type SeatsOptions = {
  inFlightMax: number
  perTenantMax: number
  /** Called when somebody left. */
  onRoom?: (() => void) | undefined
}

/** So many times what may be in flight may rest, of a tenant and altogether: each is held in memory. */
const restingFactor = { tenant: 2, all: 32 }
/** Beyond every cap. */
const full = 1_000_000

export function createSeats({ inFlightMax, perTenantMax, onRoom = () => undefined }: SeatsOptions): Seats {
  const seated = createTally()
  const resting = createTally()
  let seatedCount = 0
  let restingCount = 0

  const sit = (tenantId: string): void => {
    seatedCount += 1
    seated.add(tenantId)
  }
  const rise = (tenantId: string): void => {
    seatedCount -= 1
    seated.remove(tenantId)
    onRoom()
  }

  return {
    take: (tenantId) => {
      sit(tenantId)
      return {
        rest: async (wait) => {
          restingCount += 1
          resting.add(tenantId)
          rise(tenantId)
          try {
            await wait()
          } finally {
            restingCount -= 1
            resting.remove(tenantId)
            sit(tenantId)
          }
        },
        leave: () => rise(tenantId),
      }
    },
    inFlight: () => seatedCount,
    room: () => Math.min(inFlightMax - seatedCount, restingFactor.all * inFlightMax - restingCount),
    ofTenants: () => {
      const counts = new Map(seated.counts)
      for (const [id, count] of resting.counts) if (count >= restingFactor.tenant * perTenantMax) counts.set(id, full)
      return counts
    },
  }
}
