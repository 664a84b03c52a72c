import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createGcra } from './gcra.ts'

function clockAt(startMs: number) {
  let nowMs = startMs
  return {
    now: () => new Date(nowMs),
    advance: (byMs: number) => {
      nowMs += byMs
    },
  }
}

it('admits at most limit + burst in any window, whatever arrives when', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 50, maxLength: 400 }),
      (limit, burst, gaps) => {
        const clock = clockAt(1_000_000)
        const gcra = createGcra({ clock })
        const admitted: number[] = []
        for (const gap of gaps) {
          clock.advance(gap)
          if (gcra.take('a', { limit, periodMs: 1000, burst }) === 0) admitted.push(clock.now().getTime())
        }
        for (const from of admitted) {
          const within = admitted.filter((at) => at >= from && at < from + 1000).length
          expect(within).toBeLessThanOrEqual(limit + burst)
        }
      },
    ),
  )
})

it('admits whoever waits as long as it said, and whoever stays below the limit always', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5 }), (limit, cost) => {
      const clock = clockAt(5)
      const gcra = createGcra({ clock })
      const rate = { limit, periodMs: 60_000 }
      for (let call = 0; call < 200; call += 1) {
        const waitMs = gcra.take('a', rate, cost)
        if (waitMs === 0) continue
        clock.advance(waitMs)
        expect(gcra.take('a', rate, cost)).toBe(0)
      }
      clock.advance(120_000 * cost)
      for (let call = 0; call < 200; call += 1) {
        expect(gcra.take('a', rate)).toBe(0)
        clock.advance(Math.ceil(60_000 / limit))
      }
    }),
  )
})

it('keeps keys apart and says what is left', () => {
  const clock = clockAt(0)
  const gcra = createGcra({ clock })
  const rate = { limit: 3, periodMs: 3000 }
  expect(gcra.state('a', rate)).toEqual({ remaining: 3, resetMs: 0 })
  expect([gcra.take('a', rate), gcra.take('a', rate), gcra.take('a', rate), gcra.take('a', rate)]).toEqual([
    0, 0, 0, 1000,
  ])
  expect(gcra.state('a', rate)).toEqual({ remaining: 0, resetMs: 3000 })
  expect(gcra.take('b', rate)).toBe(0)
  expect(gcra.take('c', { limit: 0, periodMs: 1000 })).toBe(1000)
})
