import type { JsonValue } from '@smt/engine'
import { sql, type PlatformTx, type RawBuilder } from '../platform/db/tx.ts'

/** An active monitor of an active tenant, as it watches one chain source. */
export type WatchedMonitor = {
  tenantId: string
  /** The row id of the monitor. */
  id: string
  versionId: string
  /** The tenant's own id of the monitor. */
  monitorId: string
  /** By which id the monitor refers to the network of the source. */
  networkId: string
  severity: string
  configuration: JsonValue
  extensions: JsonValue
}

type Position = { tenantId: string; id: string }

/** Pages through all that watch a source, by tenant and id. */
export async function listWatchedMonitors(
  tx: PlatformTx,
  sourceId: string,
  { after, limit }: { after: Position | undefined; limit: number },
): Promise<WatchedMonitor[]> {
  const position =
    after === undefined ? sql`true` : sql`(m.tenant_id, m.id) > (${after.tenantId}::uuid, ${after.id}::uuid)`
  return tx.rows(sql<WatchedMonitor>`${watchedMonitors(sourceId, position)} limit ${limit}`)
}

/** Those of these monitors that watch the source now; what was paused, deleted or moved away is absent. */
export async function findWatchedMonitors(
  tx: PlatformTx,
  sourceId: string,
  ids: readonly string[],
): Promise<WatchedMonitor[]> {
  return tx.rows(sql<WatchedMonitor>`${watchedMonitors(sourceId, sql`m.id = any (${[...ids]}::uuid[])`)}`)
}

// A monitor may name a network twice; it watches it once.
function watchedMonitors(sourceId: string, condition: RawBuilder<unknown>): RawBuilder<WatchedMonitor> {
  return sql<WatchedMonitor>`
    select distinct on (m.tenant_id, m.id) m.tenant_id as "tenantId", m.id, m.version_id as "versionId",
      m.monitor_id as "monitorId", n.network_id as "networkId", m.severity, m.configuration,
      m.extensions
    from monitor_networks n
    join monitors m on m.tenant_id = n.tenant_id and m.id = n.monitor_id
    join tenants t on t.id = m.tenant_id
    where n.source_id = ${sourceId} and m.is_active and not m.is_paused and t.is_active and t.state = 'active'
      and ${condition}
    order by m.tenant_id, m.id, n.position`
}

/** One version of a monitor as it watched a source, whether it is still in force or not. */
export async function findMonitorVersion(
  tx: PlatformTx,
  sourceId: string,
  { tenantId, versionId }: { tenantId: string; versionId: string },
): Promise<WatchedMonitor | undefined> {
  return tx.row(sql<WatchedMonitor>`
    select m.tenant_id as "tenantId", m.id, v.id as "versionId", m.monitor_id as "monitorId",
      coalesce(n.network_id, h.network_id) as "networkId", v.severity, v.configuration,
      v.extensions
    from monitor_versions v
    join monitors m on m.tenant_id = v.tenant_id and m.id = v.monitor_id
    left join networks n on n.tenant_id = v.tenant_id and n.source_id = ${sourceId}
    left join shared_networks h on h.source_id = ${sourceId}
    where v.tenant_id = ${tenantId} and v.id = ${versionId}`)
}
