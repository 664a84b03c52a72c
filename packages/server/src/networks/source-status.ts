import type { SourceRow, SourceState } from './source-status-store.ts'

/** How a network is doing, as the API shows it. Block numbers are integers, lags are never negative. */
export type SourceStatus = {
  state: SourceState
  code: string | null
  message: string | null
  head: bigint | null
  confirmed: bigint | null
  cursor: { number: bigint; hash: string | null; time: string | null } | null
  /** Confirmed blocks that are not evaluated yet; null before the first one was. */
  lag_blocks: bigint | null
  /** Seconds since this source was last known to be caught up. */
  lag_s: number | null
  failing_since: string | null
  polled_at: string | null
  /** What this version could not decode of the chain; null when there was nothing. */
  undecoded: { parts: bigint; last_block: bigint } | null
}

export function sourceStatusOf(row: SourceRow, now: Date): SourceStatus {
  const { cursorNumber, confirmedNumber } = row
  return {
    state: row.state,
    code: row.statusCode,
    message: row.statusMessage,
    head: row.headNumber,
    confirmed: confirmedNumber,
    cursor:
      cursorNumber === null
        ? null
        : { number: cursorNumber, hash: row.cursorHash, time: row.cursorTime?.toISOString() ?? null },
    lag_blocks:
      cursorNumber === null || confirmedNumber === null
        ? null
        : confirmedNumber > cursorNumber
          ? confirmedNumber - cursorNumber
          : 0n,
    lag_s: lagOf(row, now),
    failing_since: row.failingSince?.toISOString() ?? null,
    polled_at: row.polledAt?.toISOString() ?? null,
    undecoded: row.undecodedBlock === null ? null : { parts: row.undecodedParts, last_block: row.undecodedBlock },
  }
}

/**
 * Seconds since the source was last known to be caught up: since the last poll when that found nothing more to do, else
 * since the time of the last evaluated block. A quiet chain does not lag; a dead node or a dead leader does, more and more.
 */
function lagOf(row: SourceRow, now: Date): number | null {
  if (row.state === 'idle' || row.cursorNumber === null || row.cursorTime === null) return null
  const isCaughtUp =
    row.state === 'following' && row.confirmedNumber !== null && row.cursorNumber >= row.confirmedNumber
  const since = isCaughtUp ? (row.polledAt ?? row.cursorTime) : row.cursorTime
  return Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000))
}
