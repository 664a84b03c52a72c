import { sql, type PlatformTx } from '../platform/db/tx.ts'
import type { QuotaUse } from './quota-notices.ts'
import type { CountedQuota } from './quota-store.ts'

/** Counted quotas whose open notices are not what their use calls for. */
export async function listUnnoticedUse(tx: PlatformTx, limit: number): Promise<QuotaUse[]> {
  return tx.rows(sql<QuotaUse>`
    select q.tenant_id as "tenantId", q.quota, q.used, q.lim as "limit"
    from quotas q
    join tenants t on t.id = q.tenant_id and t.is_active
    cross join lateral (
      select q.used > 0 and q.used >= q.lim as reached, q.used > 0 and q.used::bigint * 100 >= q.lim::bigint * 80 as near) u
    cross join lateral (
      select coalesce(bool_or(n.kind = 'quota_reached'), false) as reached, coalesce(bool_or(n.kind = 'quota_near'), false) as near
      from notices n
      where n.tenant_id = q.tenant_id and n.kind in ('quota_near', 'quota_reached') and n.subject_kind = 'quota'
        and n.subject_id = q.quota and n.resolved_at is null) o
    where q.quota in ('max_monitors', 'max_networks')
      and (u.reached <> o.reached or u.near and not u.reached and not o.near or o.near and not u.near)
    limit ${limit}`)
}

export type Drift = { tenantId: string; slug: string; quota: CountedQuota; used: number; counted: number }

/**
 * Counters that do not say how many objects there are. Counter and objects change in one transaction and are read in one
 * statement, so whatever is found is wrong, also while tenants write.
 */
export async function listDrift(tx: PlatformTx, limit: number): Promise<Drift[]> {
  return tx.rows(sql<Drift>`
    select q.tenant_id as "tenantId", t.slug, q.quota, q.used, coalesce(c.counted, 0) as counted
    from quotas q
    join tenants t on t.id = q.tenant_id and t.is_active
    left join (
      select tenant_id, 'max_monitors' as quota, count(*)::integer as counted from monitors where is_active group by tenant_id
      union all
      select tenant_id, 'max_networks', count(*)::integer from networks where is_active group by tenant_id) c
      on c.tenant_id = q.tenant_id and c.quota = q.quota
    where q.quota in ('max_monitors', 'max_networks') and q.used <> coalesce(c.counted, 0)
    order by q.tenant_id, q.quota limit ${limit}`)
}

/** The counter as it is now; nobody moves it before this transaction ends. */
export async function lockUsed(
  tx: PlatformTx,
  { tenantId, quota }: Pick<Drift, 'tenantId' | 'quota'>,
): Promise<number | undefined> {
  const row = await tx.row(sql<{ used: number }>`
    select used from quotas where tenant_id = ${tenantId} and quota = ${quota} for update`)
  return row?.used
}

/** With the counter locked before: what is counted cannot change meanwhile. */
export async function countObjects(
  tx: PlatformTx,
  { tenantId, quota }: Pick<Drift, 'tenantId' | 'quota'>,
): Promise<number> {
  const objects = { max_monitors: sql`monitors`, max_networks: sql`networks` }[quota]
  const row = await tx.row(sql<{ counted: number }>`
    select count(*)::integer as counted from ${objects} where tenant_id = ${tenantId} and is_active`)
  return row?.counted ?? 0
}

export async function setUsed(
  tx: PlatformTx,
  { tenantId, quota, used }: Pick<Drift, 'tenantId' | 'quota' | 'used'>,
): Promise<void> {
  await tx.execute(sql`update quotas set used = ${used} where tenant_id = ${tenantId} and quota = ${quota}`)
}
