import { z } from 'zod'
import type { LoginGuard } from './login-guard.ts'
import { listMembers, type MemberRow } from './member-store.ts'
import { isUnknownAccount, type MemberService } from './member-service.ts'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from './page.ts'
import { roles } from './permissions.ts'
import { tenantRoute, type Route, type TenantInput } from './route.ts'
import { writeContextOf } from './write-context.ts'

const memberAnswer = z
  .object({ user_id: z.uuid(), email: z.string(), role: z.enum(roles), created_at: z.iso.datetime() })
  .meta({ id: 'Member' })

const tag = 'members'
const list = '/tenants/:slug/members'
const one = '/tenants/:slug/members/:user_id'
const listParams = z.object({ slug: z.string() })
const oneParams = z.object({ slug: z.string(), user_id: z.guid() })
const cursorSchema = z.tuple([z.guid()])

export function createMemberRoutes(service: MemberService, guard: LoginGuard): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: list,
      operationId: 'listMembers',
      summary: 'List members',
      tag,
      permission: 'members:read',
      params: listParams,
      query: z.object(pageQuery),
      responses: { 200: pageAnswer(memberAnswer) },
      handler: async ({ query: { limit, cursor }, read }) => {
        const after = cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema)[0]
        const rows = await read((tx) => listMembers(tx, { after, limit: limit + 1 }))
        const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.userId]))
        return { status: 200, body: { items: items.map(answerOf), next_cursor } }
      },
    }),
    tenantRoute({
      method: 'POST',
      path: list,
      operationId: 'addMember',
      summary: 'Make the owner of an account a member',
      description: 'Only owners may add owners.',
      tag,
      permission: 'members:write',
      params: listParams,
      body: z.strictObject({ email: z.email().max(254), role: z.enum(roles) }),
      responses: { 201: memberAnswer },
      handler: async (input) =>
        guard.attempt(
          { source: input.actor.id },
          () =>
            input.write(async (tx) => ({
              status: 201,
              body: answerOf(await service.add(tx, contextOf(input), input.body)),
            })),
          isUnknownAccount,
        ),
    }),
    tenantRoute({
      method: 'PATCH',
      path: one,
      operationId: 'patchMember',
      summary: 'Change the role of a member',
      description: 'Only owners may change owners or make them. The last owner stays one.',
      tag,
      permission: 'members:write',
      params: oneParams,
      body: z.strictObject({ role: z.enum(roles) }),
      responses: { 200: memberAnswer },
      handler: async (input) =>
        input.write(async (tx) => {
          const change = { userId: input.params.user_id, role: input.body.role }
          return { status: 200, body: answerOf(await service.changeRole(tx, contextOf(input), change)) }
        }),
    }),
    tenantRoute({
      method: 'DELETE',
      path: one,
      operationId: 'removeMember',
      summary: 'Remove a member',
      description: 'Effective at once. Only owners may remove owners; the last owner stays.',
      tag,
      permission: 'members:write',
      params: oneParams,
      responses: { 204: null },
      handler: async (input) =>
        input.write(async (tx) => {
          await service.remove(tx, contextOf(input), input.params.user_id)
          return { status: 204 }
        }),
    }),
  ]
}

function contextOf(input: Pick<TenantInput, 'tenant' | 'actor' | 'origin' | 'ifMatch' | 'authority'>) {
  return { ...writeContextOf(input), authority: input.authority }
}

function answerOf({ userId, email, role, createdAt }: MemberRow) {
  return { user_id: userId, email, role, created_at: createdAt.toISOString() }
}
