import { z } from 'zod'
import { listOperatorEvents, type OperatorEventRow } from './operator-store.ts'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from './page.ts'
import { operatorRoute, type Route } from './route.ts'

const eventAnswer = z
  .object({
    id: z.uuid(),
    occurred_at: z.iso.datetime(),
    operator: z.object({ id: z.string().nullable(), name: z.string() }),
    action: z.string(),
    target: z.object({ kind: z.string(), id: z.string() }),
    before: z.unknown(),
    after: z.unknown(),
    request_id: z.string().nullable(),
    ip: z.string().nullable(),
    user_agent: z.string().nullable(),
  })
  .meta({ id: 'OperatorEvent', description: 'What an operator did. Tenants read their part in their own log.' })

const cursorSchema = z.tuple([z.guid()])

export function createOperatorEventRoutes(): Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/operator/audit-events',
      operationId: 'listOperatorEvents',
      summary: 'List what operators did, newest first',
      tag: 'operator',
      query: z.object(pageQuery),
      responses: { 200: pageAnswer(eventAnswer) },
      handler: async ({ query: { limit, cursor }, platform }) => {
        const before = cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema)[0]
        const rows = await platform((tx) => listOperatorEvents(tx, { before, limit: limit + 1 }))
        const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.id]))
        return { status: 200, body: { items: items.map(answerOf), next_cursor } }
      },
    }),
  ]
}

function answerOf(row: OperatorEventRow) {
  return {
    id: row.id,
    occurred_at: row.occurredAt.toISOString(),
    operator: { id: row.operatorId, name: row.operatorName },
    action: row.action,
    target: { kind: row.targetKind, id: row.targetId },
    before: row.before,
    after: row.after,
    request_id: row.requestId,
    ip: row.ip,
    user_agent: row.userAgent,
  }
}
