import { stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { argon2Options, createPasswords, passwordConcurrency, passwordProblems } from './password.ts'

const passwords = createPasswords({ concurrency: 4 })

describe('passwords', () => {
  it('are hashed with argon2id at the agreed cost', async () => {
    expect(argon2Options).toEqual({ memoryCost: 19_456, timeCost: 2, parallelism: 1 })
    expect(await passwords.hash('some long password')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  it('verify against their own hash alone', async () => {
    const stored = await passwords.hash('some long password')
    expect(await passwords.verify(stored, 'some long password')).toBe(true)
    expect(await passwords.verify(stored, 'some long passwore')).toBe(false)
    expect(await passwords.verify(stored, '')).toBe(false)
  })

  it('take the same time when there is no hash to compare with', async () => {
    const stored = await passwords.hash('some long password')
    const time = async (hash: string | undefined) => {
      const times: number[] = []
      for (let n = 0; n < 15; n += 1) {
        const startedAt = performance.now()
        expect(await passwords.verify(hash, 'another password')).toBe(false)
        times.push(performance.now() - startedAt)
      }
      return times.toSorted((a, b) => a - b)[7] ?? 0
    }
    await time(stored)
    const [known, unknown] = [await time(stored), await time(undefined)]
    // A shortcut would answer in well under a tenth of the time; a busy machine stays within this.
    expect(unknown).toBeGreaterThan(known / 3)
    expect(unknown).toBeLessThan(known * 3)
  })

  it('are checked so many at once, then queued, then refused as busy', async () => {
    const bounded = createPasswords({ concurrency: 1, waitersMax: 2 })
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => bounded.hash('some long password')))
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ])
    expect(outcomes[3]).toMatchObject({ reason: { code: 'busy', retryAfterS: 1 } })
    expect(await bounded.hash('some long password')).toContain('argon2id')
  })

  it('leave a core and two threads of the pool to everything else, however many cores there are', () => {
    for (let cores = 1; cores <= 256; cores += 1) {
      const bound = passwordConcurrency(cores)
      expect(bound).toBeGreaterThanOrEqual(1)
      expect(bound).toBeLessThanOrEqual(Math.max(cores - 1, 1))
      expect(bound).toBeLessThanOrEqual(2)
    }
  })

  it('let other work of the pool through during a flood, and refuse beyond the queue at once', async () => {
    const bounded = createPasswords({ concurrency: passwordConcurrency(2), waitersMax: 20 })
    let done = 0
    const flood = Array.from({ length: 500 }, () =>
      bounded.verify(undefined, 'not the password').then(
        () => (done += 1),
        (error: unknown) => error,
      ),
    )
    for (let call = 0; call < 5; call += 1) await stat(import.meta.filename)
    expect(done).toBeLessThan(21)
    const outcomes = await Promise.all(flood)
    expect(done).toBe(21)
    const refusals = outcomes.filter((outcome) => typeof outcome !== 'number')
    expect(refusals).toHaveLength(479)
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'busy', retryAfterS: 1 })
  })

  it.each([
    ['1234567', 'too_short'],
    ['🙂'.repeat(7), 'too_short'],
    ['a'.repeat(257), 'too_long'],
    ['password', 'common_password'],
    ['PassWord123', 'common_password'],
    ['12345678', 'common_password'],
  ])('refuse %j as %s', (password, code) => {
    expect(passwordProblems(password, '/password')).toMatchObject([{ pointer: '/password', code }])
  })

  it.each(['correct horse battery staple', 'aaaaaaab', '🙂'.repeat(8), 'a b c d e', 'x'.repeat(256)])(
    'accept %j: there are no composition rules',
    (password) => expect(passwordProblems(password, '/password')).toEqual([]),
  )
})
