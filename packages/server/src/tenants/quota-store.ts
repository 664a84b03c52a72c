import { sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'
import { QuotaExceededError } from '../platform/errors.ts'

export const quotaNames = [
  'max_monitors',
  'max_networks',
  'max_triggers_per_monitor',
  'max_rpc_requests_per_minute',
  'max_storage_mb',
] as const
export type QuotaName = (typeof quotaNames)[number]
export type CountedQuota = 'max_monitors' | 'max_networks'

export type Quota = {
  quota: QuotaName
  used: number
  limit: number
  /** Whether the operator has set the limit for this tenant; else it is that of its plan. */
  isOverridden: boolean
}

export async function listQuotas(tx: TenantTx, tenantId: string): Promise<Quota[]> {
  return tx.rows(sql<Quota>`
    select quota, used, lim as "limit", override is not null as "isOverridden" from quotas
    where tenant_id = ${tenantId} order by quota`)
}

/**
 * Takes one unit in the transaction of the row that uses it. The counter row is locked until that transaction ends and
 * its CHECK is the guard, so parallel creates admit exactly as many as fit.
 */
export async function takeQuota(tx: TenantTx, tenantId: string, quota: CountedQuota): Promise<void> {
  const taken = await tx.execute(sql`
    update quotas set used = used + 1 where tenant_id = ${tenantId} and quota = ${quota} and used < lim`)
  if (taken === 0) throw await exceeded(tx, tenantId, quota)
}

/** Gives a unit back in the transaction of the soft delete. */
export async function returnQuota(tx: TenantTx, tenantId: string, quota: CountedQuota): Promise<void> {
  await tx.execute(sql`update quotas set used = used - 1 where tenant_id = ${tenantId} and quota = ${quota}`)
}

/** The limit of a quota that bounds one object; shared lock, so that it cannot be lowered while the object is written. */
export async function lockLimit(tx: TenantTx, tenantId: string, quota: QuotaName): Promise<number> {
  const row = await tx.row(sql<{ limit: number }>`
    select lim as "limit" from quotas where tenant_id = ${tenantId} and quota = ${quota} for share`)
  if (row === undefined) throw new Error(`the tenant has no quota row ${quota}`)
  return row.limit
}

async function exceeded(tx: TenantTx, tenantId: string, quota: CountedQuota): Promise<QuotaExceededError> {
  const row = await tx.row(sql<{ used: number; limit: number }>`
    select used, lim as "limit" from quotas where tenant_id = ${tenantId} and quota = ${quota}`)
  return new QuotaExceededError({ quota, limit: row?.limit ?? 0, used: row?.used ?? 0 })
}

/** Locks the counter before the objects that it counts: the order in which every transaction locks. */
export async function lockQuota(tx: TenantTx, tenantId: string, quota: CountedQuota): Promise<void> {
  await tx.execute(sql`select from quotas where tenant_id = ${tenantId} and quota = ${quota} for update`)
}

/** Leaves no room in the counted quotas: of a tenant that ends. */
export async function closeCountedQuotas(tx: TenantTx, tenantId: string): Promise<void> {
  await tx.execute(sql`
    update quotas set used = greatest(used, lim)
    where tenant_id = ${tenantId} and quota in ('max_monitors', 'max_networks')`)
}

export async function findRpcLimit(tx: PlatformTx, tenantId: string): Promise<number | undefined> {
  const row = await tx.row(sql<{ limit: number }>`
    select lim as "limit" from quotas where tenant_id = ${tenantId} and quota = 'max_rpc_requests_per_minute'`)
  return row?.limit
}
