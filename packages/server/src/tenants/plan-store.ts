import type { JsonValue } from '@smt/engine'
import { jsonb, sql, type PlatformTx } from '../platform/db/tx.ts'
import type { QuotaName } from './quota-store.ts'

/** What a plan gives: the limit of each quota, and the turns of its tenants in sending. */
export type PlanTerms = { limits: Record<QuotaName, number>; deliveryWeight: number }
export type Plan = PlanTerms & {
  name: string
  description: string
  /** Tenants that have it. */
  tenants: number
  version: number
  createdAt: Date
  updatedAt: Date
}

type PlanRow = Omit<Plan, 'limits'> & Plan['limits']

const columns = sql`
  name, description, max_monitors, max_networks, max_triggers_per_monitor, max_rpc_requests_per_minute, max_storage_mb,
  delivery_weight as "deliveryWeight", version, created_at as "createdAt", updated_at as "updatedAt",
  (select count(*)::integer from tenants t where t.plan = plans.name and t.is_active) as tenants`

/**
 * One change of plans and of what tenants have of them at a time: an operator's work is rare, and in between nothing must
 * move. Taken before plans, quotas and tenants are locked, in this order.
 */
export async function lockPlans(tx: PlatformTx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('smt.plans', 0))`)
}

export async function listPlans(
  tx: PlatformTx,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<Plan[]> {
  const rows = await tx.rows(sql<PlanRow>`
    select ${columns} from plans
    where ${after ?? null}::text is null or name > ${after ?? null}
    order by name limit ${limit}`)
  return rows.map(planOf)
}

export async function findPlan(tx: PlatformTx, name: string): Promise<Plan | undefined> {
  const row = await tx.row(sql<PlanRow>`select ${columns} from plans where name = ${name}`)
  return row === undefined ? undefined : planOf(row)
}

/** Nobody founds a tenant with this plan before this transaction ends. */
export async function lockPlan(tx: PlatformTx, name: string): Promise<void> {
  await tx.execute(sql`select from plans where name = ${name} for update`)
}

type PlanContent = PlanTerms & Pick<Plan, 'name' | 'description'>

export async function insertPlan(
  tx: PlatformTx,
  { name, description, limits, deliveryWeight }: PlanContent,
): Promise<void> {
  await tx.execute(sql`
    insert into plans (name, description, max_monitors, max_networks, max_triggers_per_monitor,
      max_rpc_requests_per_minute, max_storage_mb, delivery_weight)
    values (${name}, ${description}, ${limits.max_monitors}, ${limits.max_networks}, ${limits.max_triggers_per_monitor},
      ${limits.max_rpc_requests_per_minute}, ${limits.max_storage_mb}, ${deliveryWeight})`)
}

export async function updatePlan(
  tx: PlatformTx,
  { name, description, limits, deliveryWeight }: PlanContent,
): Promise<void> {
  await tx.execute(sql`
    update plans set description = ${description}, max_monitors = ${limits.max_monitors},
      max_networks = ${limits.max_networks}, max_triggers_per_monitor = ${limits.max_triggers_per_monitor},
      max_rpc_requests_per_minute = ${limits.max_rpc_requests_per_minute}, max_storage_mb = ${limits.max_storage_mb},
      delivery_weight = ${deliveryWeight}, version = version + 1
    where name = ${name}`)
}

/** Gives the plan's limits to its tenants, but where they have limits of their own. */
export async function applyLimits(
  tx: PlatformTx,
  { name, limits }: Pick<PlanContent, 'name' | 'limits'>,
): Promise<void> {
  // Locked in the order in which tenants lock their own, so that nobody waits in a circle.
  await tx.execute(sql`
    select from quotas q join tenants t on t.id = q.tenant_id
    where t.plan = ${name} and t.is_active
    order by q.tenant_id, q.quota <> 'max_storage_mb', q.quota for update of q`)
  await tx.execute(sql`
    update quotas q set lim = l.lim
    from tenants t, unnest(${Object.keys(limits)}::text[], ${Object.values(limits)}::integer[]) as l (quota, lim)
    where t.plan = ${name} and t.is_active and q.tenant_id = t.id and q.quota = l.quota
      and q.override is null and q.lim <> l.lim`)
}

/** Gives the plan's turns in sending to its tenants. */
export async function applyWeight(
  tx: PlatformTx,
  { name, deliveryWeight }: Pick<PlanContent, 'name' | 'deliveryWeight'>,
): Promise<void> {
  await tx.execute(sql`
    update tenants set delivery_weight = ${deliveryWeight}
    where plan = ${name} and is_active and delivery_weight <> ${deliveryWeight}`)
}

/** Writes into the log of each tenant that has the plan what has become of it. */
export async function auditPlanChange(
  tx: PlatformTx,
  change: { name: string; before: JsonValue; after: JsonValue; requestId: string | undefined },
): Promise<void> {
  await tx.execute(sql`
    insert into audit_events
      (tenant_id, id, actor_kind, actor_name, action, target_kind, target_id, before, after, request_id)
    select id, app.uuid_v7(), 'operator', 'operator', 'plan.update', 'plan', ${change.name}, ${jsonb(change.before)},
      ${jsonb(change.after)}, ${change.requestId ?? null}
    from tenants where plan = ${change.name} and is_active`)
}

function planOf(row: PlanRow): Plan {
  const { max_monitors, max_networks, max_triggers_per_monitor, max_rpc_requests_per_minute, max_storage_mb, ...plan } =
    row
  return {
    ...plan,
    limits: { max_monitors, max_networks, max_triggers_per_monitor, max_rpc_requests_per_minute, max_storage_mb },
  }
}
