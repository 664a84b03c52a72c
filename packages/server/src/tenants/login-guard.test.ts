import { describe, expect, it } from 'vitest'
import { AppError } from '../platform/errors.ts'
import { createLoginGuard, type Attempt } from './login-guard.ts'

const wrong = new AppError('unauthenticated', 'wrong')

function createScene(missesPerMinute = 1_000) {
  let nowMs = 1_000_000
  const guard = createLoginGuard({ clock: { now: () => new Date(nowMs) } }, { missesPerMinute })
  const attempt = (from: Attempt, work: () => Promise<string>) =>
    guard
      .attempt(from, work, (error) => error === wrong)
      .then(
        (value) => ({ outcome: value, waitS: 0 }),
        (error: unknown) => {
          if (!(error instanceof AppError)) throw error
          return { outcome: error.code, waitS: error.retryAfterS ?? 0 }
        },
      )
  return {
    attempt,
    miss: (source: string, account?: string) =>
      attempt({ source, ...(account === undefined ? {} : { account }) }, () => Promise.reject(wrong)),
    hit: (source: string, account: string) => attempt({ source, account }, async () => 'in'),
    advance: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('a guarded login', () => {
  it('holds an address back for 1, 2, 4 … 60 seconds after five misses on one account, and no longer', async () => {
    const { miss, hit, advance } = createScene()
    for (let call = 0; call < 5; call += 1) expect((await miss('a', 'x@y.z')).outcome).toBe('unauthenticated')
    const waits: number[] = []
    for (let round = 0; round < 9; round += 1) {
      const { outcome, waitS } = await hit('a', 'x@y.z')
      expect(outcome).toBe('rate_limited')
      waits.push(waitS)
      advance(waitS * 1_000)
      expect((await miss('a', 'x@y.z')).outcome).toBe('unauthenticated')
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    advance(60_000)
    expect((await hit('a', ' X@Y.z ')).outcome).toBe('in')
    expect((await miss('a', 'x@y.z')).outcome).toBe('unauthenticated')
    expect((await hit('a', 'x@y.z')).outcome).toBe('in')
  })

  it('keeps an account open to the addresses it was logged in from, however many others guess at it', async () => {
    const { miss, hit } = createScene()
    expect((await hit('home', 'x@y.z')).outcome).toBe('in')
    const outcomes = new Set<string>()
    for (let guesser = 0; guesser < 200; guesser += 1) outcomes.add((await miss(`bot-${guesser}`, 'x@y.z')).outcome)
    expect(outcomes).toEqual(new Set(['unauthenticated', 'rate_limited']))
    expect((await hit('home', 'x@y.z')).outcome).toBe('in')
    expect((await hit('elsewhere', 'x@y.z')).outcome).toBe('rate_limited')
    expect((await hit('elsewhere', 'another@y.z')).outcome).toBe('in')
  })

  it('lets the owner in from anywhere within a minute of the last guess', async () => {
    const { miss, hit, advance } = createScene()
    for (let guess = 0; guess < 100; guess += 1) {
      await miss(`bot-${guess}`, 'x@y.z')
      advance(10_000)
    }
    advance(60_000)
    expect((await hit('elsewhere', 'x@y.z')).outcome).toBe('in')
  })

  it('forgets misses after a quiet quarter of an hour', async () => {
    const { miss, advance } = createScene()
    for (let call = 0; call < 5; call += 1) await miss('a', 'x@y.z')
    expect((await miss('a', 'x@y.z')).outcome).toBe('rate_limited')
    advance(16 * 60_000)
    for (let call = 0; call < 5; call += 1) expect((await miss('a', 'x@y.z')).outcome).toBe('unauthenticated')
  })

  it('counts attempts that still run: many at once are no way around', async () => {
    const { miss, attempt } = createScene()
    for (let call = 0; call < 6; call += 1) await miss('a', 'x@y.z')
    const { attempt: fresh } = createScene(20)
    let tried = 0
    let release = () => undefined as void
    const gate = new Promise<void>((resolve) => (release = resolve))
    const started = Array.from({ length: 100 }, () =>
      fresh({ source: 'a', account: 'x@y.z' }, async () => {
        tried += 1
        await gate
        throw wrong
      }),
    )
    release()
    await Promise.all(started)
    expect(tried).toBe(20)
    expect((await attempt({ source: 'a', account: 'x@y.z' }, async () => 'in')).outcome).toBe('rate_limited')
  })

  it('refuses a source beyond its misses a minute, over all accounts, and lets it in after the wait it named', async () => {
    const { miss, hit, advance } = createScene(20)
    for (let call = 0; call < 20; call += 1) expect((await miss('a', `${call}@y.z`)).outcome).toBe('unauthenticated')
    const { outcome, waitS } = await hit('a', 'other@y.z')
    expect([outcome, waitS]).toEqual(['rate_limited', 3])
    expect((await hit('b', 'other@y.z')).outcome).toBe('in')
    advance(waitS * 1_000)
    expect((await hit('a', 'other@y.z')).outcome).toBe('in')
  })

  it('counts neither success nor what is no guess', async () => {
    const { attempt, hit } = createScene(3)
    const busy = new AppError('busy', 'later', { retryAfterS: 1 })
    for (let call = 0; call < 30; call += 1) {
      expect((await hit('a', 'x@y.z')).outcome).toBe('in')
      expect((await attempt({ source: 'a', account: 'x@y.z' }, () => Promise.reject(busy))).outcome).toBe('busy')
    }
  })

  it('takes all of an IPv6 /64 for one address', async () => {
    const { miss } = createScene(2)
    await miss('2001:db8::1')
    await miss('2001:db8::2')
    expect((await miss('2001:db8::3')).outcome).toBe('rate_limited')
    expect((await miss('2001:db8:0:1::3')).outcome).toBe('unauthenticated')
  })
})
