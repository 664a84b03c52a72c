export function timesOf(rounds: number, run: (round: number) => unknown): number[] {
  for (let round = 0; round < rounds / 4; round += 1) run(round)
  return Array.from({ length: rounds }, (_, round) => {
    const startedAt = performance.now()
    run(round)
    return performance.now() - startedAt
  })
}

export function median(times: readonly number[]): number {
  return percentile(times, 0.5)
}

export function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export function usedBytes(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
