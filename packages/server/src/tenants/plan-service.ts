import type { Database } from '../platform/db/doors.ts'
import { NotFoundError } from '../platform/errors.ts'
import type { OperatorContext } from './operator-log.ts'
import { insertOperatorEvent } from './operator-store.ts'
import {
  applyLimits,
  applyWeight,
  auditPlanChange,
  findPlan,
  insertPlan,
  listPlans,
  lockPlan,
  lockPlans,
  updatePlan,
  type Plan,
  type PlanTerms,
} from './plan-store.ts'
import { quotaNames } from './quota-store.ts'
import { assertVersion } from './version.ts'

export type PlanInput = PlanTerms & { description: string }

/** What tenants may use by their plan. */
export type PlanService = {
  list(page: { after: string | undefined; limit: number }): Promise<Plan[]>
  get(name: string): Promise<Plan>
  /**
   * Creates the plan or replaces it, together with the limits and turns of all tenants that have it: in one transaction,
   * recorded in the log of each.
   */
  put(context: OperatorContext, name: string, input: PlanInput): Promise<{ plan: Plan; isNew: boolean }>
}

export function createPlanService({ database }: { database: Pick<Database, 'withPlatform'> }): PlanService {
  return {
    list: (page) => database.withPlatform((tx) => listPlans(tx, page)),

    get: async (name) => {
      const plan = await database.withPlatform((tx) => findPlan(tx, name))
      if (plan === undefined) throw new NotFoundError('The plan')
      return plan
    },

    put: ({ operator, origin, ifMatch }, name, input) =>
      database.withPlatform(async (tx) => {
        await lockPlans(tx)
        await lockPlan(tx, name)
        const stored = await findPlan(tx, name)
        assertVersion(ifMatch, stored?.version ?? 0)
        if (stored !== undefined && isSame(stored, input)) return { plan: stored, isNew: false }
        const content = { ...input, name }
        if (stored === undefined) await insertPlan(tx, content)
        else {
          await updatePlan(tx, content)
          await applyLimits(tx, content)
          await applyWeight(tx, content)
        }
        const before = stored === undefined ? undefined : termsOf(stored)
        const after = termsOf(input)
        // What the operator calls a plan for themselves is no change of anybody's terms.
        if (stored !== undefined && !hasSameTerms(stored, input))
          await auditPlanChange(tx, { name, before: termsOf(stored), after, requestId: origin?.requestId })
        await insertOperatorEvent(tx, {
          operator,
          origin,
          action: stored === undefined ? 'plan.create' : 'plan.update',
          target: { kind: 'plan', id: name },
          before: stored === undefined ? undefined : { ...before, description: stored.description },
          after: { ...after, description: input.description },
        })
        const plan = await findPlan(tx, name)
        if (plan === undefined) throw new Error('a stored plan cannot be read')
        return { plan, isNew: stored === undefined }
      }),
  }
}

function termsOf({ limits, deliveryWeight }: PlanTerms) {
  return { limits, delivery_weight: deliveryWeight }
}

function hasSameTerms(a: PlanTerms, b: PlanTerms): boolean {
  return a.deliveryWeight === b.deliveryWeight && quotaNames.every((quota) => a.limits[quota] === b.limits[quota])
}

function isSame(a: PlanInput, b: PlanInput): boolean {
  return a.description === b.description && hasSameTerms(a, b)
}
