import type { Clock } from './clock.ts'

/** Bounds how often something happens, by key, within this process. */
export type RateWindow = {
  /** Counts one and answers 0, or answers how long to wait and counts nothing. */
  take(key: string): number
}

/** At most `max` in any `windowMs`. A key that was not used that long takes no room. */
export function createRateWindow(
  { clock }: { clock: Pick<Clock, 'now'> },
  { max, windowMs }: { max: number; windowMs: number },
): RateWindow {
  const taken = new Map<string, number[]>()
  return {
    take: (key) => {
      const nowMs = clock.now().getTime()
      for (const [other, times] of taken) {
        if ((times.at(-1) ?? 0) > nowMs - windowMs) break
        taken.delete(other)
      }
      const recent = (taken.get(key) ?? []).filter((timeMs) => timeMs > nowMs - windowMs)
      const [oldest] = recent
      if (oldest !== undefined && recent.length >= max) return oldest + windowMs - nowMs
      // Moved to the end, so that the first keys are those that were not used for longest.
      taken.delete(key)
      taken.set(key, [...recent, nowMs])
      return 0
    },
  }
}
