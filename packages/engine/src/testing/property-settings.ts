/**
 * For long searches by hand: `SMT_PROPERTY_RUNS=20000 SMT_PROPERTY_SEED=7 npx vitest run …`. A property that fails prints its
 * seed and path.
 */
export function propertySettings(numRuns: number): { numRuns: number; seed?: number } {
  const { SMT_PROPERTY_RUNS: runs, SMT_PROPERTY_SEED: seed } = process.env
  return {
    numRuns: runs === undefined ? numRuns : Number(runs),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  }
}
