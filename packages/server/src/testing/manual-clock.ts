import type { Clock } from '../platform/clock.ts'

/** Time that passes only when the test says so. */
export type ManualClock = Clock & { advance(ms: number): Promise<void> }

export function createManualClock(): ManualClock {
  let nowMs = 0
  const waiting = new Set<{ untilMs: number; done: () => void }>()
  return {
    now: () => new Date(nowMs),
    sleep: (delayMs, signal) =>
      new Promise((resolve) => {
        const entry = {
          untilMs: nowMs + delayMs,
          done: () => {
            waiting.delete(entry)
            resolve()
          },
        }
        if (signal?.aborted === true) return resolve()
        waiting.add(entry)
        signal?.addEventListener('abort', entry.done, { once: true })
      }),
    advance: async (ms) => {
      for (let passed = 0; passed < ms; passed += 10) {
        nowMs += 10
        for (const entry of waiting) if (entry.untilMs <= nowMs) entry.done()
        await settle()
      }
    },
  }
}

/** Everything that can go on without time passing has gone on. */
export const settle = () => new Promise((resolve) => setImmediate(resolve))
