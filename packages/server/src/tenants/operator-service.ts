import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import { InvalidObjectError, NotFoundError, type Problem } from '../platform/errors.ts'
import { logTenantChange, type OperatorContext } from './operator-log.ts'
import {
  countVersion,
  findOperatedTenant,
  listOperatedTenants,
  listQuotasOf,
  lockOperatedTenant,
  renewHeldDeliveries,
  updateOverride,
  updatePlanOf,
  updateState,
  type OperatedQuota,
  type OperatedTenant,
  type OperatedTenantFilter,
} from './operator-tenant-store.ts'
import { findPlan, lockPlans, type Plan } from './plan-store.ts'
import { quotaNames, type QuotaName } from './quota-store.ts'
import { insertChangesOfAllMonitors } from './tenant-store.ts'
import { assertVersion } from './version.ts'

export type TenantWithQuotas = OperatedTenant & { quotas: OperatedQuota[] }

/** What an operator changes of a tenant; what is absent stays. */
export type OperatedChange = {
  plan?: string | undefined
  /** A limit of the tenant's own, or null for that of its plan. */
  quotas?: Partial<Record<QuotaName, number | null | undefined>> | undefined
  suspended?: boolean | undefined
  /** Why it is suspended: its owners read it. */
  reason?: string | undefined
}

/** What the operators do to a tenant from outside of it; every change is in the tenant's audit log and in theirs. */
export type OperatorService = {
  list(filter: OperatedTenantFilter): Promise<TenantWithQuotas[]>
  get(slug: string): Promise<TenantWithQuotas>
  /**
   * In one transaction. Limits hold from its commit on; one below what is used takes nothing away. A suspended tenant is
   * answered 403, its monitors are paused, and its deliveries are held; afterwards they have their whole time again.
   */
  change(context: OperatorContext, slug: string, change: OperatedChange): Promise<TenantWithQuotas>
}

export type OperatorDeps = { database: Pick<Database, 'withPlatform'>; clock: Pick<Clock, 'now'> }

const heldMs = 24 * 3_600_000
const heldRowsMax = 2_000

export function createOperatorService({ database, clock }: OperatorDeps): OperatorService {
  const withQuotas = async (tx: PlatformTx, tenants: readonly OperatedTenant[]): Promise<TenantWithQuotas[]> => {
    const quotas = await listQuotasOf(
      tx,
      tenants.map(({ id }) => id),
    )
    return tenants.map((tenant) => ({ ...tenant, quotas: quotas.filter(({ tenantId }) => tenantId === tenant.id) }))
  }

  const find = async (tx: PlatformTx, slug: string): Promise<TenantWithQuotas> => {
    const tenant = await findOperatedTenant(tx, slug)
    const [found] = tenant === undefined ? [] : await withQuotas(tx, [tenant])
    if (found === undefined) throw new NotFoundError('The tenant')
    return found
  }

  /** Before the tenant is active again, since nobody sends anything of it yet; in small transactions. */
  const renewHeld = async (tenant: OperatedTenant): Promise<void> => {
    const until = new Date(clock.now().getTime() + heldMs)
    for (let renewed = heldRowsMax; renewed === heldRowsMax;) {
      renewed = await database.withPlatform((tx) => renewHeldDeliveries(tx, tenant.id, { until, limit: heldRowsMax }))
    }
  }

  const changePlan = async (tx: PlatformTx, context: OperatorContext, tenant: OperatedTenant, plan: Plan) => {
    if (plan.name === tenant.plan) return false
    await updatePlanOf(tx, tenant.id, plan)
    await logTenantChange(tx, context, {
      tenant,
      action: 'tenant.plan',
      target: { kind: 'tenant', id: tenant.slug },
      before: { plan: tenant.plan },
      after: { plan: plan.name },
    })
    return true
  }

  const changeLimits = async (
    tx: PlatformTx,
    context: OperatorContext,
    tenant: OperatedTenant,
    { plan, quotas }: { plan: Plan; quotas: NonNullable<OperatedChange['quotas']> },
  ) => {
    const stored = await listQuotasOf(tx, [tenant.id])
    let isChanged = false
    for (const { quota, limit: before, isOverridden } of stored) {
      const override = quotas[quota]
      if (override === undefined || (override === null ? !isOverridden : isOverridden && override === before)) continue
      const limit = override ?? plan.limits[quota]
      await updateOverride(tx, tenant.id, { quota, override, limit })
      await logTenantChange(tx, context, {
        tenant,
        action: 'quota.update',
        target: { kind: 'quota', id: quota },
        before: { limit: before, overridden: isOverridden },
        after: { limit, overridden: override !== null },
      })
      isChanged = true
    }
    return isChanged
  }

  const changeState = async (
    tx: PlatformTx,
    context: OperatorContext,
    tenant: OperatedTenant,
    reason: string | null,
  ): Promise<boolean> => {
    if (reason === tenant.suspensionReason && (reason !== null) === (tenant.state === 'suspended')) return false
    await updateState(tx, tenant.id, reason)
    await insertChangesOfAllMonitors(tx, tenant.id)
    await logTenantChange(tx, context, {
      tenant,
      action: reason === null ? 'tenant.resume' : 'tenant.suspend',
      target: { kind: 'tenant', id: tenant.slug },
      before: { state: tenant.state, reason: tenant.suspensionReason },
      after: { state: reason === null ? 'active' : 'suspended', reason },
    })
    return true
  }

  return {
    list: (filter) => database.withPlatform(async (tx) => withQuotas(tx, await listOperatedTenants(tx, filter))),

    get: (slug) => database.withPlatform((tx) => find(tx, slug)),

    change: async (context, slug, change) => {
      rejectReason(change)
      const { suspended, reason = null, quotas = {} } = change
      if (suspended === false) {
        const tenant = await database.withPlatform((tx) => find(tx, slug))
        if (tenant.state === 'suspended') await renewHeld(tenant)
      }
      return database.withPlatform(async (tx) => {
        await lockPlans(tx)
        const tenant = await lockOperatedTenant(tx, slug)
        if (tenant === undefined) throw new NotFoundError('The tenant')
        assertVersion(context.ifMatch, tenant.version)
        const plan = await findPlan(tx, change.plan ?? tenant.plan)
        if (plan === undefined) throw new InvalidObjectError([unknownPlan])
        const changes = [
          await changePlan(tx, context, tenant, plan),
          await changeLimits(tx, context, tenant, { plan, quotas }),
          suspended === undefined ? false : await changeState(tx, context, tenant, suspended ? reason : null),
        ]
        if (changes.includes(true)) await countVersion(tx, tenant.id)
        return find(tx, slug)
      })
    },
  }
}

/** The quota of this name, for the command line. */
export function quotaNamed(name: string): QuotaName | undefined {
  return quotaNames.find((known) => known === name)
}

function rejectReason({ suspended, reason }: OperatedChange): void {
  if ((suspended === true) === (reason !== undefined)) return
  const message =
    reason === undefined ? 'Say why: the owners of the tenant read it.' : 'A reason belongs to a suspension alone.'
  throw new InvalidObjectError([
    { pointer: '/reason', code: reason === undefined ? 'required' : 'not_allowed', message },
  ])
}

const unknownPlan: Problem = { pointer: '/plan', code: 'unknown_plan', message: 'There is no plan with this name.' }
