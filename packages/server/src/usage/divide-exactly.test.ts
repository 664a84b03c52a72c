import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divideExactly } from './divide-exactly.ts'

const sumOf = (parts: Iterable<bigint>) => [...parts].reduce((sum, part) => sum + part, 0n)
const weightedOf = (weights: readonly bigint[]) => weights.map((weight, index) => ({ key: `k${index}`, weight }))
const totals = fc.bigInt({ min: 0n, max: 10n ** 15n })
const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 200 })

describe('a total divided in proportion to weights', () => {
  it('sums to the total exactly, each part within one of its exact share, in whatever order the weights come', () => {
    fc.assert(
      fc.property(totals, weights, (total, drawn) => {
        const weighted = weightedOf(drawn)
        const sum = sumOf(drawn)
        const parts = divideExactly(total, weighted)
        if (sum === 0n) {
          expect(parts.size).toBe(0)
          return
        }
        expect(sumOf(parts.values())).toBe(total)
        for (const { key, weight } of weighted) {
          const distance = (parts.get(key) ?? -1n) * sum - total * weight
          expect(distance < sum && -distance < sum).toBe(true)
          if (weight === 0n) expect(parts.get(key)).toBe(0n)
        }
        const other = divideExactly(total, weighted.toReversed())
        for (const [key, part] of parts) expect(other.get(key)).toBe(part)
      }),
    )
  })

  it('gives what is left over to the largest remainders, and to the smaller key when they are the same', () => {
    expect(divideExactly(10n, weightedOf([1n, 1n, 1n]))).toEqual(
      new Map([
        ['k0', 4n],
        ['k1', 3n],
        ['k2', 3n],
      ]),
    )
    expect(divideExactly(7n, weightedOf([5n, 3n, 2n]))).toEqual(
      new Map([
        ['k0', 4n],
        ['k1', 2n],
        ['k2', 1n],
      ]),
    )
  })
})
