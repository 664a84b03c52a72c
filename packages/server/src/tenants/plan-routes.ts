import { z } from 'zod'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from './page.ts'
import { planAnswer, planBody, planName } from './plan-schema.ts'
import type { PlanService } from './plan-service.ts'
import type { Plan } from './plan-store.ts'
import { operatorRoute, type Route } from './route.ts'
import { etagOf } from './version.ts'

const tag = 'operator'
const one = '/operator/plans/:plan'
const params = z.object({ plan: planName })
const cursorSchema = z.tuple([z.string().max(63)])

export function createPlanRoutes(service: PlanService): Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/operator/plans',
      operationId: 'listPlans',
      summary: 'List plans by name',
      tag,
      query: z.object(pageQuery),
      responses: { 200: pageAnswer(planAnswer) },
      handler: async ({ query: { limit, cursor } }) => {
        const after = cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema)[0]
        const plans = await service.list({ after, limit: limit + 1 })
        const { items, next_cursor } = page(plans, limit, (plan) => encodeCursor([plan.name]))
        return { status: 200, body: { items: items.map(answerOf), next_cursor } }
      },
    }),
    operatorRoute({
      method: 'GET',
      path: one,
      operationId: 'getPlan',
      summary: 'Read a plan',
      tag,
      params,
      responses: { 200: planAnswer },
      handler: async (input) => answered(200, await service.get(input.params.plan)),
    }),
    operatorRoute({
      method: 'PUT',
      path: one,
      operationId: 'putPlan',
      summary: 'Create or replace a plan',
      description:
        'The limits and turns of all its tenants change with it at once, but for limits that were set for one tenant. ' +
        'A limit below what a tenant uses takes nothing away: more is refused.',
      tag,
      params,
      body: planBody,
      responses: { 200: planAnswer, 201: planAnswer },
      handler: async ({ operator, origin, ifMatch, params: { plan: name }, body }) => {
        const { description, limits, delivery_weight: deliveryWeight } = body
        const context = { operator: { id: operator.id, name: operator.email }, origin, ifMatch }
        const { plan, isNew } = await service.put(context, name, { description, limits, deliveryWeight })
        return answered(isNew ? 201 : 200, plan)
      },
    }),
  ]
}

function answered(status: number, plan: Plan) {
  return { status, body: answerOf(plan), headers: { etag: etagOf(plan.version) } }
}

function answerOf({ name, description, limits, deliveryWeight, tenants, version, createdAt, updatedAt }: Plan) {
  const dates = { created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() }
  return { name, description, limits, delivery_weight: deliveryWeight, tenants, version, ...dates }
}
