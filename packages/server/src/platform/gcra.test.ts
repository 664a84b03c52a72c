import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createGcra } from './gcra.ts'

function createScene(options?: { keysMax?: number }) {
  let nowMs = 1_000_000
  return {
    ...createGcra({ clock: { now: () => new Date(nowMs) } }, options),
    nowMs: () => nowMs,
    advance: (byMs: number) => {
      nowMs += byMs
    },
  }
}

const shape = { limit: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 50 }) }
const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })), { minLength: 50, maxLength: 300 })

describe('a rate by key', () => {
  it('admits at most limit + burst in any window, whatever arrives when and costs what', () => {
    fc.assert(
      fc.property(shape.limit, shape.burst, gaps, fc.integer({ min: 1, max: 7 }), (limit, burst, waits, costMax) => {
        const { take, advance, nowMs } = createScene()
        const admitted: { atMs: number; cost: number }[] = []
        for (const [index, waitMs] of waits.entries()) {
          advance(waitMs)
          const cost = Math.min(1 + (index % costMax), burst)
          if (take('a', { limit, periodMs: 1_000, burst }, cost).isAllowed) admitted.push({ atMs: nowMs(), cost })
        }
        expect(admitted.length).toBeGreaterThan(0)
        for (const { atMs } of admitted) {
          const inWindow = admitted.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000)
          expect(inWindow.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(limit + burst)
        }
      }),
    )
  })

  it('gives reservations moments of which as few fall into any window', () => {
    fc.assert(
      fc.property(shape.limit, shape.burst, gaps, (limit, burst, waits) => {
        const { reserve, advance, nowMs } = createScene()
        const begins: number[] = []
        for (const waitMs of waits) {
          advance(waitMs)
          const delayMs = reserve('a', { limit, periodMs: 1_000, burst }, { waitMaxMs: 5_000 })
          if (delayMs !== undefined) begins.push(nowMs() + delayMs)
        }
        for (const fromMs of begins) {
          // Moments are whole milliseconds: the last of a window may have been rounded into it.
          const inWindow = begins.filter((atMs) => atMs >= fromMs && atMs < fromMs + 999)
          expect(inWindow.length).toBeLessThanOrEqual(limit + burst)
        }
      }),
    )
  })

  it('admits whoever waits as long as told, not a millisecond earlier, and whoever stays below the limit always', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5 }), (limit, cost) => {
        const { take, peek, advance } = createScene()
        const rate = { limit, periodMs: 60_000 }
        for (let call = 0; call < 100; call += 1) {
          const { isAllowed, waitMs } = take('a', rate, cost)
          expect(isAllowed).toBe(waitMs === 0)
          if (isAllowed) continue
          advance(waitMs - 1)
          expect(peek('a', rate, cost).isAllowed).toBe(false)
          advance(1)
          expect(take('a', rate, cost).isAllowed).toBe(true)
        }
        advance(120_000 * cost)
        for (let call = 0; call < 200; call += 1) {
          expect(take('a', rate).isAllowed).toBe(true)
          advance(Math.ceil(60_000 / limit))
        }
      }),
    )
  })

  it('says what remains, counts nothing for the refused, and keeps keys apart', () => {
    const { take, peek, advance } = createScene()
    const rate = { limit: 3, periodMs: 3_000 }
    expect(peek('a', rate)).toEqual({ isAllowed: true, waitMs: 0, remaining: 3, resetMs: 0 })
    expect(take('a', rate)).toEqual({ isAllowed: true, waitMs: 0, remaining: 2, resetMs: 1_000 })
    take('a', rate, 2)
    const refused = { isAllowed: false, waitMs: 1_000, remaining: 0, resetMs: 3_000 }
    for (let call = 0; call < 5; call += 1) expect(take('a', rate)).toEqual(refused)
    expect(peek('b', rate).remaining).toBe(3)
    advance(1_000)
    expect(peek('a', rate)).toEqual({ isAllowed: true, waitMs: 0, remaining: 1, resetMs: 2_000 })
    expect(take('a', { ...rate, limit: 0 })).toEqual({ isAllowed: false, waitMs: 3_000, remaining: 0, resetMs: 3_000 })
  })

  it('queues reservations one step apart and refuses those that would wait too long, counting nothing', () => {
    const { reserve, advance } = createScene()
    const rate = { limit: 60, periodMs: 60_000, burst: 2 }
    const take = () => reserve('a', rate, { waitMaxMs: 2_000 })
    expect([take(), take(), take(), take(), take(), take()]).toEqual([0, 0, 1_000, 2_000, undefined, undefined])
    advance(1_000)
    expect([take(), take()]).toEqual([2_000, undefined])
    expect(reserve('a', { ...rate, limit: 0 })).toBeUndefined()
  })

  it('forgets keys at rest, and of too many the ones that were quiet longest', () => {
    const { take, peek, keyCount, advance } = createScene({ keysMax: 10 })
    const rate = { limit: 1, periodMs: 1_000 }
    for (let key = 0; key < 10; key += 1) take(`${key}`, rate)
    expect(keyCount()).toBe(10)
    take('one more', rate)
    expect(keyCount()).toBe(10)
    expect([peek('0', rate).isAllowed, peek('1', rate).isAllowed]).toEqual([true, false])
    advance(1_000)
    for (let call = 0; call < 10; call += 1) take(`later ${call}`, rate)
    expect(keyCount()).toBe(10)
    advance(1_000)
    for (let call = 0; call < 12; call += 1) take('the same', rate)
    expect(keyCount()).toBeLessThanOrEqual(9)
  })

  it('closes no key when the clock is set back', () => {
    const { take, advance } = createScene()
    const rate = { limit: 2, periodMs: 1_000 }
    take('a', rate)
    advance(-3_600_000)
    expect(take('a', rate).isAllowed).toBe(true)
    expect(take('a', rate)).toMatchObject({ isAllowed: false, waitMs: 500 })
    advance(500)
    expect(take('a', rate).isAllowed).toBe(true)
  })
})
