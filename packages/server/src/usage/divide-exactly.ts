/** A share in proportion to `weight`; keys are distinct. */
export type Weighted = { key: string; weight: bigint }

/**
 * Divides `total` in proportion to weights into whole parts that sum to it exactly: each gets its share rounded down, and
 * what is left goes one by one to the largest remainders (ties to the smaller key). The same input in any order has the
 * same answer. All weights 0, or none: nobody gets anything.
 */
export function divideExactly(total: bigint, weighted: readonly Weighted[]): Map<string, bigint> {
  const sum = weighted.reduce((so, { weight }) => so + weight, 0n)
  if (sum === 0n) return new Map()
  const shares = weighted.map(({ key, weight }) => ({
    key,
    part: (total * weight) / sum,
    remainder: (total * weight) % sum,
  }))
  const left = total - shares.reduce((so, { part }) => so + part, 0n)
  const byRemainder = shares.toSorted((one, other) => {
    if (one.remainder !== other.remainder) return one.remainder > other.remainder ? -1 : 1
    return one.key < other.key ? -1 : 1
  })
  return new Map(byRemainder.map(({ key, part }, index) => [key, BigInt(index) < left ? part + 1n : part]))
}
