import type { Clock } from './clock.ts'

/** `limit` per `periodMs`, of which `burst` (at least 1; `limit` when left out) may come at once. */
export type Rate = { limit: number; periodMs: number; burst?: number }

/** What a key may do: `remaining` more at once, and all of its burst again in `resetMs`. */
export type RateState = { remaining: number; resetMs: number }

/** `waitMs` is 0 when admitted, else in how many milliseconds the same would be, if nothing else comes. */
export type RateVerdict = RateState & { isAllowed: boolean; waitMs: number }

/**
 * Rate limits by key within this process, by the generic cell rate algorithm (ITU-T I.371): in any window of `periodMs` a
 * key is admitted at most `limit + burst` times, one that stays below its limit never waits, and one that waits as long as
 * it was told is admitted. Keys at rest take no room; beyond `keysMax` those that were quiet longest are forgotten.
 */
export type Gcra = {
  /** Counts `cost` when it is admitted, and nothing when it is not. A cost above the burst needs a full burst. */
  take(key: string, rate: Rate, cost?: number): RateVerdict
  /**
   * Counts `cost` and answers after how many milliseconds it may begin: for callers that wait instead of giving up, who
   * are given one moment each. Undefined, and nothing counted, when that is more than `waitMaxMs`.
   */
  reserve(key: string, rate: Rate, options?: { cost?: number; waitMaxMs?: number }): number | undefined
  /** What `take` would say, without counting. */
  peek(key: string, rate: Rate, cost?: number): RateVerdict
  /** How many keys are remembered. */
  keyCount(): number
}

const keysMaxDefault = 100_000
/** What the division of periods is rounded by in many additions is no wait. */
const roundingMs = 1e-3
/** Forgotten per call: more than can be added by it, so that keys at rest never pile up. */
const sweepMax = 2

export function createGcra(
  { clock }: { clock: Pick<Clock, 'now'> },
  { keysMax = keysMaxDefault }: { keysMax?: number } = {},
): Gcra {
  // By key, when it would be at rest if nothing more came (the theoretical arrival time), least recently counted first.
  const restAtMs = new Map<string, number>()
  const monotonicMs = neverBackwards(clock)

  const remember = (key: string, atMs: number, nowMs: number): void => {
    restAtMs.delete(key)
    restAtMs.set(key, atMs)
    let swept = 0
    for (const [other, otherAtMs] of restAtMs) {
      const isForgotten = restAtMs.size > keysMax || (otherAtMs <= nowMs && swept < sweepMax)
      if (!isForgotten) break
      restAtMs.delete(other)
      swept += 1
    }
  }

  const judge = (key: string, rate: Rate, cost: number) => {
    const nowMs = monotonicMs()
    const { stepMs, burst } = shapeOf(rate)
    const startMs = Math.max(restAtMs.get(key) ?? nowMs, nowMs)
    const exactWaitMs = startMs + stepMs * Math.min(cost, burst) - nowMs - stepMs * burst
    return { nowMs, stepMs, burst, startMs, waitMs: Math.max(Math.ceil(exactWaitMs - roundingMs), 0) }
  }

  const verdictOf = (
    restMs: number,
    { nowMs, stepMs, burst, waitMs }: { nowMs: number; stepMs: number; burst: number; waitMs: number },
  ): RateVerdict => ({
    isAllowed: waitMs === 0,
    waitMs,
    remaining: Math.max(Math.floor(burst - (restMs - nowMs - roundingMs) / stepMs), 0),
    resetMs: Math.max(Math.ceil(restMs - nowMs - roundingMs), 0),
  })

  return {
    take: (key, rate, cost = 1) => {
      if (rate.limit <= 0) return closed(rate)
      const judged = judge(key, rate, cost)
      if (judged.waitMs > 0) return verdictOf(judged.startMs, judged)
      const restMs = judged.startMs + judged.stepMs * cost
      remember(key, restMs, judged.nowMs)
      return verdictOf(restMs, judged)
    },

    reserve: (key, rate, { cost = 1, waitMaxMs = Infinity } = {}) => {
      if (rate.limit <= 0) return undefined
      const { nowMs, stepMs, startMs, waitMs } = judge(key, rate, cost)
      if (waitMs > waitMaxMs) return undefined
      remember(key, startMs + stepMs * cost, nowMs)
      return waitMs
    },

    peek: (key, rate, cost = 1) => {
      if (rate.limit <= 0) return closed(rate)
      const judged = judge(key, rate, cost)
      return verdictOf(judged.startMs, judged)
    },

    keyCount: () => restAtMs.size,
  }
}

function shapeOf({ limit, periodMs, burst = limit }: Rate): { stepMs: number; burst: number } {
  return { stepMs: periodMs / limit, burst: Math.max(burst, 1) }
}

/** A limit of 0 admits nothing. */
function closed({ periodMs }: Rate): RateVerdict {
  return { isAllowed: false, waitMs: periodMs, remaining: 0, resetMs: periodMs }
}

/**
 * Since now, where fractions of milliseconds are still exact. A clock that is set back would close every key for as long:
 * then time stands still instead.
 */
function neverBackwards(clock: Pick<Clock, 'now'>): () => number {
  let aheadMs = -clock.now().getTime()
  let lastMs = 0
  return () => {
    const readMs = clock.now().getTime()
    if (readMs + aheadMs < lastMs) aheadMs = lastMs - readMs
    lastMs = readMs + aheadMs
    return lastMs
  }
}
