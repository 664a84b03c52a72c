import type { SourceStatus } from '../networks/source-status.ts'
import type { MonitorRow } from './monitor-store.ts'
import type { MonitorNetworkRow } from './monitor-status-store.ts'

export type MonitorNetworkStatus = {
  network_id: string
  state: 'paused' | 'pending' | SourceStatus['state']
  /** The block from which on the current version is in force; null until the network's leader has taken it up. */
  effective_from_block: bigint | null
  last_evaluated_block: bigint | null
  lag_s: number | null
}

/** How a monitor is doing. The figures beside `networks` are those of the network that is worst off. */
export type MonitorStatus = {
  effective_from_block: bigint | null
  last_evaluated_block: bigint | null
  lag_s: number | null
  last_match_at: string | null
  failing_since: string | null
  networks: MonitorNetworkStatus[]
}

export type StatusFacts = {
  monitor: Pick<MonitorRow, 'isPaused' | 'versionId' | 'lastMatchAt'>
  networks: readonly MonitorNetworkRow[]
  sources: ReadonlyMap<string, SourceStatus>
}

export function monitorStatusOf({ monitor, networks, sources }: StatusFacts): MonitorStatus {
  const statuses = networks.map((row) => networkStatusOf(row, sources.get(row.sourceId), monitor))
  const worst = statuses.reduce<MonitorNetworkStatus | undefined>(
    (found, status) => (found === undefined || badnessOf(status) > badnessOf(found) ? status : found),
    undefined,
  )
  const failures = networks.flatMap((row) => [
    row.failingSince?.toISOString() ?? [],
    (monitor.isPaused ? null : sources.get(row.sourceId)?.failing_since) ?? [],
  ])
  return {
    effective_from_block: worst?.effective_from_block ?? null,
    last_evaluated_block: worst?.last_evaluated_block ?? null,
    lag_s: worst?.lag_s ?? null,
    last_match_at: monitor.lastMatchAt?.toISOString() ?? null,
    failing_since: failures.flat().toSorted()[0] ?? null,
    networks: statuses,
  }
}

function networkStatusOf(
  row: MonitorNetworkRow,
  source: SourceStatus | undefined,
  monitor: StatusFacts['monitor'],
): MonitorNetworkStatus {
  const isInForce = !monitor.isPaused && row.spanVersionId === monitor.versionId
  const cursor = source?.cursor?.number
  const isEvaluated = row.spanFromBlock !== null && cursor !== undefined && cursor >= row.spanFromBlock
  return {
    network_id: row.networkId,
    state: monitor.isPaused ? 'paused' : isInForce ? (source?.state ?? 'stopped') : 'pending',
    effective_from_block: isInForce ? row.spanFromBlock : null,
    last_evaluated_block: isEvaluated ? cursor : row.closedToBlock,
    lag_s: isInForce ? (source?.lag_s ?? null) : null,
  }
}

/** Not yet in force is worse than any lag. */
function badnessOf(status: MonitorNetworkStatus): number {
  return status.effective_from_block === null ? Number.POSITIVE_INFINITY : (status.lag_s ?? 0)
}
