import { sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'
import type { QuotaUse } from './quota-notices.ts'

/** Reports older than this are of processes that ended. */
const reportValidS = 60

/** The requests to a tenant's own nodes of the last minute, as far as processes have reported them. */
export async function readRpcUse(tx: TenantTx, tenantId: string): Promise<number> {
  const row = await tx.row(sql<{ requests: number }>`
    select coalesce(sum(requests), 0)::integer as requests from rpc_use
    where tenant_id = ${tenantId} and measured_at > now() - make_interval(secs => ${reportValidS})`)
  return row?.requests ?? 0
}

export type RpcUseReport = { tenantId: string; requests: number }

/** Replaces what this process said before. Answers what these tenants use altogether, and may use. */
export async function reportRpcUse(
  tx: PlatformTx,
  reporter: string,
  reports: readonly RpcUseReport[],
): Promise<QuotaUse[]> {
  const tenantIds = reports.map(({ tenantId }) => tenantId)
  await tx.execute(sql`
    insert into rpc_use as u (tenant_id, reporter, requests)
    select r.tenant_id, ${reporter}::uuid, r.requests
    from unnest(${tenantIds}::uuid[], ${reports.map(({ requests }) => requests)}::integer[]) as r (tenant_id, requests)
    join tenants t on t.id = r.tenant_id
    order by r.tenant_id
    on conflict (tenant_id, reporter) do update set requests = excluded.requests, measured_at = now()`)
  return tx.rows(sql<QuotaUse>`
    select q.tenant_id as "tenantId", q.quota, q.lim as "limit", coalesce((
      select sum(u.requests) from rpc_use u
      where u.tenant_id = q.tenant_id and u.measured_at > now() - make_interval(secs => ${reportValidS})), 0)::integer as used
    from quotas q join tenants t on t.id = q.tenant_id and t.is_active
    where q.quota = 'max_rpc_requests_per_minute' and q.tenant_id = any (${tenantIds}::uuid[])`)
}

export async function forgetOldReports(tx: PlatformTx): Promise<void> {
  await tx.execute(sql`delete from rpc_use where measured_at < now() - interval '1 hour'`)
}
