import type { RetryPolicy } from '@smt/engine'
import { describe, expect, it } from 'vitest'
import { quickDelayMs, quickRetriesOf, roundDelayMs } from './backoff.ts'

const delaysOf = (policy: RetryPolicy | undefined, count: number, random = () => 1) =>
  Array.from({ length: count }, (_, retry) => quickDelayMs(quickRetriesOf(policy), retry, random))
const secs = (value: number) => ({ secs: Math.trunc(value), nanos: Math.round((value % 1) * 1e9) })

describe('the quick retries of a round', () => {
  it('wait 250, 500 and 1000 ms without a policy, three times', () => {
    expect(quickRetriesOf(undefined)).toEqual({ max: 3, base: 2, initialMs: 250, maxMs: 10_000, jitter: 'full' })
    expect(delaysOf({ jitter: 'none' }, 3)).toEqual([250, 500, 1000])
  })

  it.each<[string, RetryPolicy, number[]]>([
    ['a maximum', { jitter: 'none', max_backoff: secs(0.4) }, [250, 400, 400]],
    ['another base', { jitter: 'none', base_for_backoff: 3 }, [250, 750, 2250]],
    ['base 0', { jitter: 'none', base_for_backoff: 0 }, [250, 0, 0]],
    [
      'an initial wait above the maximum',
      { jitter: 'none', initial_backoff: secs(60), max_backoff: [2, 0] },
      [2000, 2000],
    ],
    ['an initial wait in pairs', { jitter: 'none', initial_backoff: [0, 1_500_000] }, [1.5, 3, 6]],
  ])('follow %s', (_, policy, delays) => {
    expect(delaysOf(policy, delays.length)).toEqual(delays)
  })

  it('are spread over the whole wait with full jitter', () => {
    expect(delaysOf({ jitter: 'full' }, 2, () => 0)).toEqual([0, 0])
    expect(delaysOf({}, 2, () => 0.5)).toEqual([125, 250])
  })

  it.each([0, 1, 10])('are %d when the policy says so', (max_retries) => {
    expect(quickRetriesOf({ max_retries }).max).toBe(max_retries)
  })

  it('are bounded, whatever the policy says', () => {
    const policy = {
      max_retries: 4_294_967_295,
      base_for_backoff: 4_294_967_295,
      initial_backoff: [1, 0] as [number, number],
      jitter: 'none' as const,
    }
    expect(quickRetriesOf(policy).max).toBe(10)
    expect(delaysOf(policy, 10).every((delayMs) => delayMs <= 10_000)).toBe(true)
  })
})

describe('the waits between rounds', () => {
  it('are 10 s, 30 s, 1, 2, 5, 10, 30 min, 1 h, then 2 h again and again', () => {
    const seconds = Array.from({ length: 11 }, (_, round) => roundDelayMs(round, () => 0.5) / 1_000)
    expect(seconds).toEqual([10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 7_200, 7_200])
  })

  it('vary by a fifth to either side', () => {
    expect([roundDelayMs(0, () => 0), roundDelayMs(0, () => 1 - Number.EPSILON)]).toEqual([8_000, 12_000])
  })

  it('leave more than ten rounds in 24 hours', () => {
    let elapsedMs = 0
    let rounds = 0
    while (elapsedMs < 86_400_000) elapsedMs += roundDelayMs(rounds++, () => 0.5)
    expect(rounds).toBeGreaterThan(10)
  })
})
