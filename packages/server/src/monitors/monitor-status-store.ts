import { sql, type TenantTx } from '../platform/db/tx.ts'

/** How one monitor stands on one of its networks. */
export type MonitorNetworkRow = {
  /** The monitor's row id. */
  id: string
  networkId: string
  sourceId: string
  /** Of the span that is open: which version is in force since which block. */
  spanVersionId: string | null
  spanFromBlock: bigint | null
  /** The last block of the spans that are closed. */
  closedToBlock: bigint | null
  /** Since when there are blocks that could not be evaluated. */
  failingSince: Date | null
}

export async function listMonitorNetworks(
  tx: TenantTx,
  tenantId: string,
  ids: readonly string[],
): Promise<MonitorNetworkRow[]> {
  return tx.rows(sql<MonitorNetworkRow>`
    select n.monitor_id as id, n.network_id as "networkId", n.source_id as "sourceId",
      o.monitor_version_id as "spanVersionId", o.from_block as "spanFromBlock", c.to_block as "closedToBlock",
      f.since as "failingSince"
    from monitor_networks n
    left join monitor_spans o on o.tenant_id = n.tenant_id and o.monitor_id = n.monitor_id
      and o.source_id = n.source_id and o.to_block is null
    left join lateral (
      select max(s.to_block) as to_block from monitor_spans s
      where s.tenant_id = n.tenant_id and s.monitor_id = n.monitor_id and s.source_id = n.source_id) c on true
    left join lateral (
      select min(x.created_at) as since from monitor_failures x
      where x.tenant_id = n.tenant_id and x.monitor_id = n.monitor_id and x.source_id = n.source_id
        and x.resolved_at is null) f on true
    where n.tenant_id = ${tenantId} and n.monitor_id = any (${[...ids]}::uuid[])
    order by n.monitor_id, n.position`)
}
