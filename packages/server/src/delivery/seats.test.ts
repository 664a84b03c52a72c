import { describe, expect, it } from 'vitest'
import { createSeats } from './seats.ts'

const limits = { inFlightMax: 2, perTenantMax: 1 }

/** A wait that ends when the test says so. */
function createWait() {
  let end = (): void => undefined
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  return { wait: () => over, end }
}

describe('a seat', () => {
  it('is free for others while its delivery rests, and taken again afterwards', async () => {
    let told = 0
    const seats = createSeats({ ...limits, onRoom: () => (told += 1) })
    const seat = seats.take('a')
    const { wait, end } = createWait()
    const resting = seat.rest(wait)
    expect([seats.inFlight(), seats.room(), seats.ofTenants().get('a'), told]).toEqual([0, 2, undefined, 1])
    end()
    await resting
    expect([seats.inFlight(), seats.room(), seats.ofTenants().get('a')]).toEqual([1, 1, 1])
    seat.leave()
    expect([seats.inFlight(), seats.room(), told]).toEqual([0, 2, 2])
  })

  it('is taken again also when the wait fails', async () => {
    const seats = createSeats(limits)
    const seat = seats.take('a')
    await expect(seat.rest(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(seats.inFlight()).toBe(1)
  })
})

describe('what rests', () => {
  it('fills its tenant at twice what the tenant may have in flight, and nobody else', () => {
    const seats = createSeats(limits)
    const { wait } = createWait()
    void seats.take('a').rest(wait)
    expect(seats.ofTenants().get('a')).toBeUndefined()
    void seats.take('a').rest(wait)
    expect(seats.ofTenants().get('a')).toBeGreaterThan(1_000)
    expect([seats.ofTenants().get('b'), seats.room()]).toEqual([undefined, 2])
  })

  it('is bounded altogether', () => {
    const seats = createSeats(limits)
    const { wait } = createWait()
    for (let tenant = 0; tenant < 64; tenant += 1) void seats.take(`t${tenant}`).rest(wait)
    expect(seats.room()).toBe(0)
  })
})
