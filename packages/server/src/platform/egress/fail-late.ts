import type { Clock } from '../clock.ts'
import { EgressError } from './egress-error.ts'

/** Waits. Whoever counts what is under way may give the place back meanwhile. */
export type Rest = (delayMs: number) => Promise<void>

export type FailLateOptions = {
  clock: Pick<Clock, 'now'>
  /** What the call itself may take. */
  timeoutMs: number
  rest: Rest
}

/**
 * Makes an outbound call for a tenant. When nobody was reached it fails only once the whole time for an answer is over: a
 * blocked address, an unknown name, a refused and an unanswered connection take equally long, so that time tells no more
 * than `tenantCode` does (security.md, section 4, item 2).
 *
 * @throws what `call` threw.
 */
export async function failLate<T>(call: () => Promise<T>, { clock, timeoutMs, rest }: FailLateOptions): Promise<T> {
  const startedAtMs = clock.now().getTime()
  try {
    return await call()
  } catch (error) {
    if (error instanceof EgressError && error.tenantCode === 'unreachable') {
      const leftMs = startedAtMs + timeoutMs - clock.now().getTime()
      if (leftMs > 0) await rest(leftMs)
    }
    throw error
  }
}
