import { divideExactly } from './divide-exactly.ts'
import type { CallPart, HourRow } from './usage-close-store.ts'

/**
 * Divides the requests of a tenant, hour by hour and source by source, among its monitors in proportion to their
 * evaluations. Where nothing was evaluated they stay with no monitor.
 */
export function callParts(rows: readonly HourRow[]): CallPart[] {
  const groups = new Map<string, HourRow[]>()
  for (const row of rows) {
    const key = `${row.hour.getTime()}/${row.sourceId}`
    const group = groups.get(key) ?? []
    group.push(row)
    groups.set(key, group)
  }
  return [...groups.values()].flatMap((group) => {
    const monitors = group.flatMap((row) => (row.monitorId === undefined ? [] : [{ ...row, monitorId: row.monitorId }]))
    const total = group.find(({ monitorId }) => monitorId === undefined)
    const weighted = monitors.map(({ monitorId, evaluations }) => ({ key: monitorId, weight: evaluations }))
    const own = divideExactly(total?.own ?? 0n, weighted)
    const shared = divideExactly(total?.shared ?? 0n, weighted)
    return monitors.map(({ hour, sourceId, monitorId }) => ({
      hour,
      sourceId,
      monitorId,
      own: own.get(monitorId) ?? 0n,
      shared: shared.get(monitorId) ?? 0n,
    }))
  })
}
