import { z } from 'zod'
import { filterText } from './filter-text.ts'
import type { OperatorService, TenantWithQuotas } from './operator-service.ts'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from './page.ts'
import { planName, quotaLimit } from './plan-schema.ts'
import { quotaAnswer, quotaAnswersOf } from './quota-routes.ts'
import { quotaNames } from './quota-store.ts'
import { operatorRoute, type Route } from './route.ts'
import { tenantSlug } from './tenant-slug.ts'
import { etagOf } from './version.ts'

const tenantAnswer = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    plan: z.string(),
    state: z.enum(['active', 'suspended']),
    suspension: z.object({ reason: z.string(), since: z.iso.datetime() }).nullable(),
    quotas: z.array(quotaAnswer),
    version: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'OperatedTenant', description: 'A tenant as operators see it: nothing of what it has configured.' })

const changeBody = z.strictObject({
  plan: planName.optional(),
  quotas: z
    .partialRecord(z.enum(quotaNames), quotaLimit.nullable())
    .optional()
    .meta({ description: 'Limits of this tenant alone; null goes back to the limit of its plan.' }),
  suspended: z.boolean().optional(),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(1_000)
    .optional()
    .meta({ description: 'With `suspended: true`, and only then. The owners of the tenant read it.' }),
})

const tag = 'operator'
const one = '/operator/tenants/:slug'
const params = z.object({ slug: tenantSlug })
const cursorSchema = z.tuple([z.string().max(63)])

export function createOperatorRoutes(service: OperatorService): Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/operator/tenants',
      operationId: 'listOperatedTenants',
      summary: 'List all tenants by slug, with what they use of their quotas',
      tag,
      query: z.object({
        ...pageQuery,
        q: filterText.optional().meta({ description: 'A text in the slug or the name.' }),
        plan: planName.optional(),
        state: z.enum(['active', 'suspended']).optional(),
      }),
      responses: { 200: pageAnswer(tenantAnswer) },
      handler: async ({ query: { limit, cursor, q, plan, state } }) => {
        const afterSlug = cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema)[0]
        const tenants = await service.list({ limit: limit + 1, afterSlug, q, plan, state })
        const { items, next_cursor } = page(tenants, limit, ({ slug }) => encodeCursor([slug]))
        return { status: 200, body: { items: items.map(answerOf), next_cursor } }
      },
    }),
    operatorRoute({
      method: 'GET',
      path: one,
      operationId: 'getOperatedTenant',
      summary: 'Read what a tenant may use and uses',
      tag,
      params,
      responses: { 200: tenantAnswer },
      handler: async (input) => answered(await service.get(input.params.slug)),
    }),
    operatorRoute({
      method: 'PATCH',
      path: one,
      operationId: 'patchOperatedTenant',
      summary: 'Change the plan or the limits of a tenant, suspend it or end that',
      description:
        'A suspended tenant is answered 403 `tenant_suspended`, its monitors are paused and its deliveries held; its ' +
        'members can log in, and its owners read the reason. Afterwards monitors go on at the current block, and what ' +
        'was held has its whole time again.',
      tag,
      params,
      body: changeBody,
      responses: { 200: tenantAnswer },
      handler: async ({ operator, origin, ifMatch, body, params: { slug } }) => {
        const context = { operator: { id: operator.id, name: operator.email }, origin, ifMatch }
        return answered(await service.change(context, slug, body))
      },
    }),
  ]
}

function answered(tenant: TenantWithQuotas) {
  return { status: 200, body: answerOf(tenant), headers: { etag: etagOf(tenant.version) } }
}

function answerOf(tenant: TenantWithQuotas) {
  const { id, slug, name, plan, state, suspendedAt, suspensionReason, version, createdAt, updatedAt } = tenant
  const suspension =
    suspendedAt === null || suspensionReason === null
      ? null
      : { reason: suspensionReason, since: suspendedAt.toISOString() }
  const dates = { created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() }
  return { id, slug, name, plan, state, suspension, quotas: quotaAnswersOf(tenant.quotas), version, ...dates }
}
