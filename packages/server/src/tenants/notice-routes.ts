import { z } from 'zod'
import { listNotices, noticeKinds, noticeSendingStates, type NoticeRow, type NoticeSending } from './notice-store.ts'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from './page.ts'
import { tenantRoute, type Route } from './route.ts'

const noticeAnswer = z
  .object({
    id: z.uuid(),
    kind: z.enum(noticeKinds),
    severity: z.enum(['info', 'warning', 'critical']),
    subject: z.object({ kind: z.string(), id: z.string() }),
    message: z.string(),
    data: z.unknown(),
    occurrences: z.int(),
    resolved_at: z.iso.datetime().nullable(),
    sending: z
      .object({
        state: z.enum(noticeSendingStates),
        trigger_id: z.string(),
        error_class: z.string().nullable().meta({ description: 'Of the last attempt, as in `deliveries`.' }),
        attempt_count: z.int(),
      })
      .nullable()
      .meta({
        description:
          'What became of sending it through `notice_trigger_id`; null when there was none. `held`: that trigger is ' +
          'disabled, and the notice waits until it is saved or another one is chosen.',
      }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Notice', description: 'Something that a tenant should know; a repetition counts up.' })

const query = z.object({
  ...pageQuery,
  state: z.enum(['open', 'resolved']).optional(),
  kind: z.enum(noticeKinds).optional(),
})

const cursorSchema = z.tuple([z.int().nonnegative(), z.guid()])

export function createNoticeRoutes(): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: '/tenants/:slug/notices',
      operationId: 'listNotices',
      summary: 'List notices, the latest change first',
      tag: 'notices',
      permission: 'notices:read',
      params: z.object({ slug: z.string() }),
      query,
      responses: { 200: pageAnswer(noticeAnswer) },
      handler: async ({ tenant, query: { limit, cursor, state, kind }, read }) => {
        const [updatedAtUs, id] = cursor === undefined ? [] : decodeCursor(cursor, cursorSchema)
        const before = updatedAtUs === undefined || id === undefined ? undefined : { updatedAtUs, id }
        const rows = await read((tx) => listNotices(tx, tenant.id, { limit: limit + 1, before, state, kind }))
        const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.updatedAtUs, row.id]))
        return { status: 200, body: { items: items.map(answerOf), next_cursor } }
      },
    }),
  ]
}

function sendingOf({ state, triggerId, errorClass, attemptCount }: NoticeSending) {
  return { state, trigger_id: triggerId, error_class: errorClass, attempt_count: attemptCount }
}

function answerOf(row: NoticeRow) {
  return {
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    subject: { kind: row.subjectKind, id: row.subjectId },
    message: row.message,
    data: row.data,
    occurrences: row.occurrences,
    resolved_at: row.resolvedAt?.toISOString() ?? null,
    sending: row.sending === null ? null : sendingOf(row.sending),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
