const backoffMaxMs = 300_000

/** How long to leave a failing source alone: its own pace at first, doubling to five minutes (design 7.11). */
export function backoffMs(failures: number, pollIntervalMs: number): number {
  return Math.min(Math.max(pollIntervalMs, 500) * 2 ** Math.min(failures - 1, 20), backoffMaxMs)
}
