import type { JsonValue } from '@smt/engine'
import { sql, type TenantTx } from '../platform/db/tx.ts'

/** An own network that is watched, and the transaction conditions of the monitors that watch it. */
export type WatchedNetwork = { networkType: string | null; configuration: JsonValue; conditions: readonly JsonValue[] }

export async function listWatchedNetworks(
  tx: TenantTx,
  tenantId: string,
  { exceptMonitorId }: { exceptMonitorId: string | undefined },
): Promise<WatchedNetwork[]> {
  return tx.rows(sql<WatchedNetwork>`
    select n.network_type as "networkType",
      jsonb_build_object('cron_schedule', n.configuration -> 'cron_schedule', 'block_time_ms', n.configuration -> 'block_time_ms')
        as configuration,
      jsonb_agg(m.configuration -> 'match_conditions' -> 'transactions') as conditions
    from networks n
    join monitor_networks l on l.tenant_id = n.tenant_id and l.own_network_id = n.id
    join monitors m on m.tenant_id = l.tenant_id and m.id = l.monitor_id and m.is_active and not m.is_paused
      and m.id is distinct from ${exceptMonitorId ?? null}::uuid
    where n.tenant_id = ${tenantId} and n.is_active
    group by n.tenant_id, n.id`)
}

/** The limit; whoever else would change what own networks are asked waits until this transaction ends. */
export async function lockRpcLimit(tx: TenantTx, tenantId: string): Promise<number> {
  const row = await tx.row(sql<{ limit: number }>`
    select lim as "limit" from quotas
    where tenant_id = ${tenantId} and quota = 'max_rpc_requests_per_minute' for no key update`)
  if (row === undefined) throw new Error('the tenant has no quota row max_rpc_requests_per_minute')
  return row.limit
}
