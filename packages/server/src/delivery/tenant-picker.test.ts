import { describe, expect, it } from 'vitest'
import { createTenantPicker, type Candidate } from './tenant-picker.ts'

/** Numbers in [0, 1) that are the same in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const names = Array.from({ length: 10 }, (_, index) => `tenant-${index}`)

/** Tenants in the order in which the database finds them behind `after`. */
function ringFrom(after: string, tenants: readonly Candidate[]): Candidate[] {
  return [...tenants.filter(({ tenantId }) => tenantId > after), ...tenants.filter(({ tenantId }) => tenantId <= after)]
}

/** Batches whose sizes change, as room becomes free. */
function pickBatches(tenants: readonly Candidate[], { batches, random }: { batches: number; random: () => number }) {
  const picker = createTenantPicker({ random, start: 'tenant-4' })
  return Array.from({ length: batches }, () =>
    picker.pick(ringFrom(picker.after(), tenants), 1 + Math.floor(random() * 8)),
  )
}

function sharesOf(batches: ReturnType<typeof pickBatches>, picks: number): Map<string, number> {
  const order = batches.flat().flatMap(({ tenantId, count }) => Array.from({ length: count }, () => tenantId))
  const shares = new Map<string, number>()
  for (const tenantId of order.slice(0, picks)) shares.set(tenantId, (shares.get(tenantId) ?? 0) + 1)
  return shares
}

describe('the picker of tenants', () => {
  it.each([1, 2, 3])('gives equal weights equal shares of 1,000 picks, whatever waits (seed %i)', (seed) => {
    const tenants = names.map((tenantId, index) => ({ tenantId, weight: 1, ready: index === 3 ? 10_000 : 1 + index }))
    const shares = sharesOf(pickBatches(tenants, { batches: 1_000, random: seeded(seed) }), 1_000)
    for (const tenantId of names) {
      expect(shares.get(tenantId)).toBeGreaterThan(70)
      expect(shares.get(tenantId)).toBeLessThan(130)
    }
  })

  it.each([1, 2, 3])('puts each tenant about equally often at every position of 2,000 batches (seed %i)', (seed) => {
    const tenants = names.map((tenantId) => ({ tenantId, weight: 1, ready: 100 }))
    const batches = pickBatches(tenants, { batches: 2_000, random: seeded(seed) })
    for (let position = 0; position < 5; position += 1) {
      const placed = batches.map((batch) => batch[position]?.tenantId).filter((tenantId) => tenantId !== undefined)
      const uniform = placed.length / names.length
      for (const name of names) {
        const count = placed.filter((tenantId) => tenantId === name).length
        expect(Math.abs(count - uniform) / uniform).toBeLessThan(0.4)
      }
    }
  })

  it('gives weight 2 twice the share of weight 1', () => {
    const tenants = names.map((tenantId, index) => ({ tenantId, weight: index % 2 === 0 ? 2 : 1, ready: 1_000 }))
    const shares = sharesOf(pickBatches(tenants, { batches: 1_500, random: seeded(7) }), 1_500)
    for (const [index, tenantId] of names.entries()) {
      const expected = index % 2 === 0 ? 200 : 100
      expect(Math.abs((shares.get(tenantId) ?? 0) - expected) / expected).toBeLessThan(0.1)
    }
  })

  it('goes on behind whom it served last, and with whom it cut short', () => {
    const picker = createTenantPicker({ random: () => 0.5, start: 'a' })
    const tenants = ['a', 'b', 'c'].map((tenantId) => ({ tenantId, weight: 2, ready: 5 }))
    expect(picker.pick(ringFrom(picker.after(), tenants), 3)).toEqual(
      expect.arrayContaining([
        { tenantId: 'b', count: 2 },
        { tenantId: 'c', count: 1 },
      ]),
    )
    expect(picker.pick(ringFrom(picker.after(), tenants), 2)).toEqual(
      expect.arrayContaining([
        { tenantId: 'c', count: 1 },
        { tenantId: 'a', count: 1 },
      ]),
    )
  })

  it('fills the room with the only one who has something, and keeps no credit of those who have not', () => {
    const picker = createTenantPicker({ random: () => 0.5, start: '' })
    const one = [{ tenantId: 'a', weight: 1, ready: 3 }]
    expect(picker.pick(one, 8)).toEqual([{ tenantId: 'a', count: 3 }])
    expect(picker.pick([], 8)).toEqual([])
    const both = ['a', 'b'].map((tenantId) => ({ tenantId, weight: 1, ready: 10 }))
    expect(new Map(picker.pick(both, 4).map(({ tenantId, count }) => [tenantId, count]))).toEqual(
      new Map([
        ['a', 2],
        ['b', 2],
      ]),
    )
  })
})
