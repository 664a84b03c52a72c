import { z } from 'zod'
import { listAuditEvents, type AuditRow } from './audit-store.ts'
import { filterText } from './filter-text.ts'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from './page.ts'
import { tenantRoute, type Route } from './route.ts'
import { timeFilter } from './time-filter.ts'

const auditAnswer = z
  .object({
    id: z.uuid(),
    occurred_at: z.iso.datetime(),
    actor: z.object({
      kind: z.enum(['user', 'api_key', 'operator', 'system']),
      id: z.string().nullable(),
      name: z.string(),
    }),
    action: z.string(),
    target: z.object({ kind: z.string(), id: z.string() }),
    before: z.unknown(),
    after: z.unknown(),
    request_id: z.string().nullable(),
    ip: z.string().nullable(),
    user_agent: z.string().nullable(),
  })
  .meta({ id: 'AuditEvent', description: 'Who changed what; secrets are masked in `before` and `after`.' })

const query = z.object({
  ...pageQuery,
  action: filterText.optional().meta({ description: 'Exactly this action, such as monitor.create.' }),
  target_kind: filterText.optional().meta({ description: 'monitor, network, trigger, member, api_key, tenant, …' }),
  since: timeFilter.optional(),
  until: timeFilter.optional(),
})

const cursorSchema = z.tuple([z.int().nonnegative(), z.guid()])

export function createAuditRoutes(): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: '/tenants/:slug/audit-events',
      operationId: 'listAuditEvents',
      summary: 'List changes, newest first',
      tag: 'audit',
      permission: 'audit_events:read',
      params: z.object({ slug: z.string() }),
      query,
      responses: { 200: pageAnswer(auditAnswer) },
      handler: async ({ tenant, query: { limit, cursor, action, target_kind: targetKind, since, until }, read }) => {
        const [occurredAtUs, id] = cursor === undefined ? [] : decodeCursor(cursor, cursorSchema)
        const before = occurredAtUs === undefined || id === undefined ? undefined : { occurredAtUs, id }
        const filter = { limit: limit + 1, before, action, targetKind, since, until }
        const rows = await read((tx) => listAuditEvents(tx, tenant.id, filter))
        const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.occurredAtUs, row.id]))
        return { status: 200, body: { items: items.map(answerOf), next_cursor } }
      },
    }),
  ]
}

function answerOf(row: AuditRow) {
  return {
    id: row.id,
    occurred_at: row.occurredAt.toISOString(),
    actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
    action: row.action,
    target: { kind: row.targetKind, id: row.targetId },
    before: row.before,
    after: row.after,
    request_id: row.requestId,
    ip: row.ip,
    user_agent: row.userAgent,
  }
}
