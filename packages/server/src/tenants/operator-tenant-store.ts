import { sql, type PlatformTx } from '../platform/db/tx.ts'
import { likePattern } from './like-pattern.ts'
import type { PlanTerms } from './plan-store.ts'
import type { Quota, QuotaName } from './quota-store.ts'
import { megabyte } from './storage-store.ts'

/** A tenant as the operator sees it: who it is and what it may use, nothing of what it has configured. */
export type OperatedTenant = {
  id: string
  slug: string
  name: string
  plan: string
  state: 'active' | 'suspended'
  suspendedAt: Date | null
  suspensionReason: string | null
  version: number
  createdAt: Date
  updatedAt: Date
}

const columns = sql`
  id, slug, name, plan, state, suspended_at as "suspendedAt", suspension_reason as "suspensionReason", version,
  created_at as "createdAt", updated_at as "updatedAt"`

export type OperatedTenantFilter = {
  afterSlug: string | undefined
  limit: number
  /** A text in the slug or the name. */
  q: string | undefined
  plan: string | undefined
  state: string | undefined
}

/** By slug; the installation's own canaries are nobody's customers. */
export async function listOperatedTenants(tx: PlatformTx, filter: OperatedTenantFilter): Promise<OperatedTenant[]> {
  const { afterSlug = null, limit, plan = null, state = null } = filter
  const pattern = filter.q === undefined ? null : likePattern(filter.q)
  return tx.rows(sql<OperatedTenant>`
    select ${columns} from tenants
    where is_active and not exists (select from canaries c where c.id = tenants.id)
      and (${afterSlug}::text is null or slug > ${afterSlug})
      and (${pattern}::text is null or slug ilike ${pattern} or name ilike ${pattern})
      and (${plan}::text is null or plan = ${plan}) and (${state}::text is null or state = ${state})
    order by slug limit ${limit}`)
}

export async function findOperatedTenant(tx: PlatformTx, slug: string): Promise<OperatedTenant | undefined> {
  return tx.row(sql<OperatedTenant>`select ${columns} from tenants where slug = ${slug} and is_active`)
}

/** Locks the quotas and then the tenant, which is the order of everybody. */
export async function lockOperatedTenant(tx: PlatformTx, slug: string): Promise<OperatedTenant | undefined> {
  await tx.execute(sql`
    select from quotas q join tenants t on t.id = q.tenant_id
    where t.slug = ${slug} and t.is_active order by q.quota <> 'max_storage_mb', q.quota for update of q`)
  return tx.row(sql<OperatedTenant>`
    select ${columns} from tenants where slug = ${slug} and is_active for no key update`)
}

export type OperatedQuota = Quota & { tenantId: string }

export async function listQuotasOf(tx: PlatformTx, tenantIds: readonly string[]): Promise<OperatedQuota[]> {
  return tx.rows(sql<OperatedQuota>`
    select q.tenant_id as "tenantId", q.quota, q.lim as "limit", q.override is not null as "isOverridden",
      case q.quota when 'max_rpc_requests_per_minute' then (
        select coalesce(sum(p.requests), 0)::integer from rpc_use p
        where p.tenant_id = q.tenant_id and p.measured_at > now() - interval '1 minute')
      when 'max_storage_mb' then ceil((
        (select coalesce(sum(u.bytes), 0) from storage_use u where u.tenant_id = q.tenant_id)
        + (select coalesce(sum(c.bytes), 0) from storage_changes c where c.tenant_id = q.tenant_id)) / ${megabyte})::integer
      else q.used end as used
    from quotas q
    where q.tenant_id = any (${[...tenantIds]}::uuid[]) order by q.tenant_id, q.quota`)
}

export async function updatePlanOf(
  tx: PlatformTx,
  tenantId: string,
  plan: PlanTerms & { name: string },
): Promise<void> {
  await tx.execute(sql`
    update tenants set plan = ${plan.name}, delivery_weight = ${plan.deliveryWeight} where id = ${tenantId}`)
  await tx.execute(sql`
    update quotas q set lim = l.lim
    from unnest(${Object.keys(plan.limits)}::text[], ${Object.values(plan.limits)}::integer[]) as l (quota, lim)
    where q.tenant_id = ${tenantId} and q.quota = l.quota and q.override is null and q.lim <> l.lim`)
}

/** A limit of the tenant's own, or (null) that of its plan. */
export async function updateOverride(
  tx: PlatformTx,
  tenantId: string,
  { quota, override, limit }: { quota: QuotaName; override: number | null; limit: number },
): Promise<void> {
  await tx.execute(sql`
    update quotas set override = ${override}, lim = ${limit} where tenant_id = ${tenantId} and quota = ${quota}`)
}

/** Suspended with a reason, active without. */
export async function updateState(tx: PlatformTx, tenantId: string, reason: string | null): Promise<void> {
  const isSuspended = reason !== null
  await tx.execute(sql`
    update tenants set state = ${isSuspended ? 'suspended' : 'active'}, suspension_reason = ${reason},
      suspended_at = ${isSuspended ? sql`coalesce(suspended_at, now())` : sql`null`}
    where id = ${tenantId}`)
}

export async function countVersion(tx: PlatformTx, tenantId: string): Promise<void> {
  await tx.execute(sql`update tenants set version = version + 1 where id = ${tenantId}`)
}

/**
 * Gives deliveries that a suspension has held their whole time again. Returns how many: fewer than `limit` when all have it.
 * While the tenant is suspended nobody else touches them.
 */
export async function renewHeldDeliveries(
  tx: PlatformTx,
  tenantId: string,
  { until, limit }: { until: Date; limit: number },
): Promise<number> {
  return tx.execute(sql`
    update deliveries d set give_up_at = ${until}
    from (
      select tenant_id, id, match_at from deliveries
      where tenant_id = ${tenantId} and state in ('pending', 'sending') and give_up_at < ${until}
      limit ${limit} for update skip locked) h
    where d.tenant_id = h.tenant_id and d.id = h.id and d.match_at = h.match_at`)
}
