import { describe, expect, it } from 'vitest'
import { createRateWindow } from './rate-window.ts'

function createScene(max: number) {
  let nowMs = 1_000_000
  const window = createRateWindow({ clock: { now: () => new Date(nowMs) } }, { max, windowMs: 60_000 })
  return {
    take: window.take,
    advance: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('a rate window', () => {
  it('lets through as many as it says in any window, and tells how long to wait', () => {
    const { take, advance } = createScene(2)
    expect(take('a')).toBe(0)
    advance(10_000)
    expect(take('a')).toBe(0)
    expect(take('a')).toBe(50_000)
    advance(49_999)
    expect(take('a')).toBe(1)
    advance(1)
    expect([take('a'), take('a')]).toEqual([0, 10_000])
  })

  it('counts each key for itself', () => {
    const { take } = createScene(1)
    expect([take('a'), take('b'), take('a')]).toEqual([0, 0, 60_000])
  })

  it('is not prolonged by those who were refused', () => {
    const { take, advance } = createScene(1)
    take('a')
    for (let second = 1; second < 60; second += 1) {
      advance(1_000)
      expect(take('a')).toBe(60_000 - second * 1_000)
    }
    advance(1_000)
    expect(take('a')).toBe(0)
  })
})
