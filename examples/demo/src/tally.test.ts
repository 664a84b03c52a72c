import { describe, expect, it } from 'vitest'
import { createTally } from './tally.ts'

describe('the tally of the demo', () => {
  it('counts an alert that never came as missing', () => {
    const tally = createTally()
    tally.expect('0x1', 'acme', 0)
    expect(tally.summary()).toMatchObject({ sent: 1, received: 0, missing: 1, misrouted: 0 })
  })

  it('counts an alert at the wrong tenant as misrouted and still as missing for the right one', () => {
    const tally = createTally()
    tally.expect('0x1', 'acme', 0)
    tally.receive({ txHash: '0x1', tenant: 'globex', receivedAtMs: 5 })
    expect(tally.summary()).toMatchObject({ sent: 1, received: 0, missing: 1, misrouted: 1 })
  })

  it('counts an alert for a transaction that nobody watches as misrouted', () => {
    const tally = createTally()
    tally.receive({ txHash: '0x9', tenant: 'acme', receivedAtMs: 5 })
    expect(tally.summary()).toMatchObject({ misrouted: 1 })
  })

  it('counts a repeated alert once and takes the 99th percentile of the first arrivals', () => {
    const tally = createTally()
    for (let n = 1; n <= 100; n += 1) {
      tally.expect(`0x${n}`, 'acme', 0)
      tally.receive({ txHash: `0x${n}`, tenant: 'acme', receivedAtMs: n })
    }
    tally.receive({ txHash: '0x1', tenant: 'acme', receivedAtMs: 9_999 })
    expect(tally.summary()).toEqual({ sent: 100, received: 100, missing: 0, misrouted: 0, repeated: 1, p99Ms: 99 })
  })

  it('accepts an alert that overtakes the news of its transaction', () => {
    const tally = createTally()
    tally.receive({ txHash: '0x1', tenant: 'acme', receivedAtMs: 7 })
    tally.expect('0x1', 'acme', 3)
    expect(tally.summary()).toMatchObject({ received: 1, missing: 0, misrouted: 0, p99Ms: 4 })
  })
})
