import { z } from 'zod'
import { isMiss, type AccountService } from './account-service.ts'
import type { LoginGuard } from './login-guard.ts'
import { listSessionTenants } from './account-store.ts'
import { objectId } from './envelope.ts'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from './page.ts'
import { roles } from './permissions.ts'
import { sessionRoute, tenantRoute, type Route } from './route.ts'
import type { TenantService } from './tenant-service.ts'
import { tenantSlug } from './tenant-slug.ts'
import type { TenantRow } from './tenant-store.ts'
import { etagOf } from './version.ts'
import { writeContextOf } from './write-context.ts'

const slugParams = z.object({ slug: z.string() })

export const tenantName = z.string().trim().min(1).max(200)

const tenantAnswer = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    plan: z.string(),
    state: z.string(),
    notice_trigger_id: z.string().nullable().meta({ description: 'The trigger that new notices are sent through.' }),
    version: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Tenant' })

const ownTenant = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    role: z.enum(roles),
    state: z.enum(['active', 'suspended']),
    suspension_reason: z.string().nullable().meta({ description: 'What the operator says, to owners alone.' }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'OwnTenant', description: 'A tenant that the user is a member of.' })

const tag = 'tenants'
const one = '/tenants/:slug'
const slugCursor = z.tuple([z.string().max(63)])

export function createTenantRoutes(
  service: TenantService,
  accounts: Pick<AccountService, 'foundTenant'>,
  guard: LoginGuard,
): Route[] {
  return [
    sessionRoute({
      method: 'GET',
      path: '/tenants',
      operationId: 'listTenants',
      summary: 'List the tenants that one is a member of',
      tag,
      query: z.object(pageQuery),
      responses: { 200: pageAnswer(ownTenant) },
      handler: async ({ sessionId, query: { limit, cursor }, identity }) => {
        const afterSlug = cursor === undefined ? undefined : decodeCursor(cursor, slugCursor)[0]
        const rows = await identity((tx) => listSessionTenants(tx, sessionId, { afterSlug, limit: limit + 1 }))
        const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.slug]))
        const answers = items.map(({ id, slug, name, role, state, suspensionReason, createdAt }) => ({
          id,
          slug,
          name,
          role,
          state,
          suspension_reason: suspensionReason,
          created_at: createdAt.toISOString(),
        }))
        return { status: 200, body: { items: answers, next_cursor } }
      },
    }),
    sessionRoute({
      method: 'POST',
      path: '/tenants',
      operationId: 'createTenant',
      summary: 'Create a tenant, as its owner',
      tag,
      body: z.strictObject({ slug: tenantSlug, name: tenantName }),
      responses: { 201: tenantAnswer },
      handler: async ({ sessionId, user, body, origin }) =>
        answered(
          201,
          await guard.attempt(
            { source: user.id },
            () => accounts.foundTenant({ ...user, sessionId }, body, origin),
            isMiss,
          ),
        ),
    }),
    tenantRoute({
      method: 'GET',
      path: one,
      operationId: 'getTenant',
      summary: 'Read a tenant',
      tag,
      permission: 'tenant:read',
      params: slugParams,
      responses: { 200: tenantAnswer },
      handler: async ({ tenant, read }) => answered(200, await read((tx) => service.get(tx, tenant.id))),
    }),
    tenantRoute({
      method: 'PATCH',
      path: one,
      operationId: 'patchTenant',
      summary: 'Change the name of a tenant, or where its notices are sent',
      tag,
      permission: 'tenant:write',
      params: slugParams,
      body: z.strictObject({
        name: tenantName.optional(),
        notice_trigger_id: objectId
          .nullable()
          .optional()
          .meta({ description: 'One of its triggers, or null: new notices are then only listed.' }),
      }),
      responses: { 200: tenantAnswer },
      handler: async (input) =>
        input.write(async (tx) => {
          const { name, notice_trigger_id: noticeTriggerId } = input.body
          return answered(200, await service.change(tx, writeContextOf(input), { name, noticeTriggerId }))
        }),
    }),
    tenantRoute({
      method: 'DELETE',
      path: one,
      operationId: 'deleteTenant',
      summary: 'End a tenant',
      description: 'Its monitors stop, its keys and members are locked out. Its slug stays taken.',
      tag,
      permission: 'tenant:write',
      params: slugParams,
      responses: { 204: null },
      handler: async (input) =>
        input.write(async (tx) => {
          await service.remove(tx, writeContextOf(input))
          return { status: 204 }
        }),
    }),
  ]
}

function answered(status: number, tenant: TenantRow) {
  const { id, slug, name, plan, state, version, noticeTriggerId, createdAt, updatedAt } = tenant
  const dates = { created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() }
  const body = { id, slug, name, plan, state, notice_trigger_id: noticeTriggerId, version, ...dates }
  return { status, body, headers: { etag: etagOf(version) } }
}
