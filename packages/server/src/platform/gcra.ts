import { LRUCache } from 'lru-cache'
import type { Clock } from './clock.ts'

/** `limit` per `periodMs`, of which `burst` (1 or more; `limit` when left out) may come at once. */
export type Rate = { limit: number; periodMs: number; burst?: number }

/** What a key may still do: `remaining` at once, and everything again in `resetMs`. */
export type RateState = { remaining: number; resetMs: number }

/**
 * Rate limits by key within this process, by the generic cell rate algorithm (ITU-T I.371): in any window of `periodMs` a
 * key is admitted at most `limit + burst` times, and one that stays below its limit never waits.
 */
export type Gcra = {
  /** Admits `cost` and answers 0, or answers in how many milliseconds it would be admitted and counts nothing. */
  take(key: string, rate: Rate, cost?: number): number
  state(key: string, rate: Rate): RateState
}

const keysMax = 100_000

/** A rate of 0 admits nothing, and a cost above the burst waits for a full burst, since it could never be admitted whole. */
export function createGcra(
  { clock }: { clock: Pick<Clock, 'now'> },
  { maxKeys = keysMax }: { maxKeys?: number } = {},
): Gcra {
  // The theoretical arrival time of each key: when it would be idle if nothing more came.
  const arrivals = new LRUCache<string, number>({ max: maxKeys })
  return {
    take: (key, rate, cost = 1) => {
      if (rate.limit <= 0) return rate.periodMs
      const nowMs = clock.now().getTime()
      const { stepMs, burst } = shapeOf(rate)
      const start = Math.max(arrivals.get(key) ?? nowMs, nowMs)
      const waitMs = start + stepMs * Math.min(cost, burst) - nowMs - stepMs * burst
      // Less than a thousandth of a millisecond is the rounding of the division above, not a wait.
      if (waitMs > 0.001) return Math.ceil(waitMs)
      arrivals.set(key, start + stepMs * cost)
      return 0
    },
    state: (key, rate) => {
      if (rate.limit <= 0) return { remaining: 0, resetMs: rate.periodMs }
      const { stepMs, burst } = shapeOf(rate)
      const resetMs = Math.max((arrivals.get(key) ?? 0) - clock.now().getTime(), 0)
      return { remaining: Math.max(Math.floor(burst - resetMs / stepMs + 1e-9), 0), resetMs: Math.ceil(resetMs) }
    },
  }
}

function shapeOf({ limit, periodMs, burst = limit }: Rate): { stepMs: number; burst: number } {
  return { stepMs: periodMs / limit, burst: Math.max(burst, 1) }
}
