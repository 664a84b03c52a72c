import { LRUCache } from 'lru-cache'
import type { Clock } from '../platform/clock.ts'
import { addressBlock } from '../platform/egress/address.ts'
import { AppError } from '../platform/errors.ts'
import { createGcra } from '../platform/gcra.ts'
import { createTally } from '../platform/tally.ts'

export type Attempt = {
  /** Where it comes from: an address, or whoever is logged in already. */
  source: string
  /** The e-mail that is tried, whether or not there is an account. */
  account?: string
}

/**
 * Bounds guessing within this process: of passwords, and of which e-mails and slugs are taken. Nobody is ever locked out:
 * an address is held back for a minute at most, and an account that others guess at stays open to the addresses from which
 * it was logged in to before.
 */
export type LoginGuard = {
  /**
   * Runs one attempt and counts it when it fails with an error that `isMiss` knows.
   * @throws AppError `rate_limited`, before anything is tried, with the time to wait.
   */
  attempt<T>(attempt: Attempt, work: () => Promise<T>, isMiss: (error: unknown) => boolean): Promise<T>
}

/** Misses in a row that cost nothing: of one account by one source, and of one account by everybody. */
const freeMisses = { bySource: 5, byAll: 20 }
const holdMsMax = 60_000
const forgottenAfterMs = 15 * 60_000
const remembered = { streaks: 50_000, familiar: 50_000 }

type Streak = { misses: number; heldUntilMs: number }

export function createLoginGuard(
  { clock }: { clock: Pick<Clock, 'now'> },
  { missesPerMinute }: { missesPerMinute: number },
): LoginGuard {
  const misses = createGcra({ clock })
  const rate = { limit: missesPerMinute, periodMs: 60_000 }
  const running = createTally()
  const streaks = new LRUCache<string, Streak>({ max: remembered.streaks })
  const familiar = new LRUCache<string, true>({ max: remembered.familiar })
  const nowMs = () => clock.now().getTime()

  /** Attempts that run may all miss, so they count against what is left. */
  const assertSourceMay = (source: string): void => {
    const { remaining, waitMs } = misses.peek(source, rate)
    if (remaining > running.of(source)) return
    throw tooMany(Math.max(waitMs, 1_000))
  }

  const streakOf = (key: string): Streak => {
    const streak = streaks.get(key)
    const isPresent = streak !== undefined && streak.heldUntilMs + forgottenAfterMs > nowMs()
    return isPresent ? streak : { misses: 0, heldUntilMs: 0 }
  }

  const assertAccountMay = (key: string, free: number): void => {
    const { misses: count, heldUntilMs } = streakOf(key)
    if (heldUntilMs > nowMs()) throw tooMany(heldUntilMs - nowMs())
    // Past the free ones they are tried one by one, or many at once would all come before the first miss.
    if (count >= free && running.of(key) > 0) throw tooMany(1_000)
  }

  const addMiss = (key: string, free: number): void => {
    const count = streakOf(key).misses + 1
    const holdMs = count < free ? 0 : Math.min(1_000 * 2 ** Math.min(count - free, 20), holdMsMax)
    streaks.set(key, { misses: count, heldUntilMs: nowMs() + holdMs })
  }

  return {
    attempt: async ({ source: from, account }, work, isMiss) => {
      const source = addressBlock(from)
      const email = account?.trim().toLowerCase()
      const pair = `${source} ${email}`
      const watched: [string, number][] =
        email === undefined
          ? []
          : [
              [pair, freeMisses.bySource],
              ...(familiar.has(pair) ? [] : [[email, freeMisses.byAll] as [string, number]]),
            ]
      assertSourceMay(source)
      for (const [key, free] of watched) assertAccountMay(key, free)
      const keys = [source, ...watched.map(([key]) => key)]
      for (const key of keys) running.add(key)
      try {
        const result = await work()
        streaks.delete(pair)
        if (email !== undefined) familiar.set(pair, true)
        return result
      } catch (error) {
        if (isMiss(error)) {
          misses.take(source, rate)
          for (const [key, free] of watched) addMiss(key, free)
        }
        throw error
      } finally {
        for (const key of keys) running.remove(key)
      }
    },
  }
}

function tooMany(waitMs: number): AppError {
  return new AppError('rate_limited', 'Too many attempts that failed. Try again later.', {
    details: { limit: 'failures' },
    retryAfterS: Math.ceil(waitMs / 1_000),
  })
}
