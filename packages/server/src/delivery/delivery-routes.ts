import { z } from 'zod'
import { AppError, NotFoundError } from '../platform/errors.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import { insertAuditEvent } from '../tenants/audit-store.ts'
import { filterText } from '../tenants/filter-text.ts'
import { decodeCursor, encodeCursor, page, pageQuery } from '../tenants/page.ts'
import { tenantRoute, type Route } from '../tenants/route.ts'
import { refusedIn, storedRecipients, type RecipientStates } from '../triggers/channels/recipient-states.ts'
import { messageId, retractionId } from '../triggers/channels/message-id.ts'
import { deliveryAnswer, deliveryPage, deliverySummary, replayAnswer, replayBody } from './delivery-schema.ts'
import {
  deliveryStates,
  findDelivery,
  listAttempts,
  listDeliveries,
  lockDelivery,
  lookNow,
  replayDeliveries,
  replayDelivery,
  type AttemptRow,
  type DeliveryRow,
} from './delivery-store.ts'
import { cursorSchema, isUuid, positionOf } from './position.ts'

const list = '/tenants/:slug/deliveries'
const one = `${list}/:delivery_id`
const tag = 'deliveries'
const listParams = z.object({ slug: z.string() })
const oneParams = z.object({ slug: z.string(), delivery_id: z.string() })
const listQuery = z.object({
  ...pageQuery,
  state: z.enum(deliveryStates).optional(),
  trigger: filterText.optional().meta({ description: 'The trigger_id.' }),
  monitor: filterText.optional().meta({ description: 'The monitor_id.' }),
  match: z.guid().optional().meta({ description: 'The id of a match.' }),
})
const attemptsMax = 200
const replaysMax = 1_000

/** `wake` is called after a replay was committed. */
export function createDeliveryRoutes({ wake }: { wake: () => void }): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: list,
      operationId: 'listDeliveries',
      summary: 'List deliveries, newest first',
      tag,
      permission: 'deliveries:read',
      params: listParams,
      query: listQuery,
      responses: { 200: deliveryPage },
      handler: async ({ tenant, query: { limit, cursor, match, state, trigger, monitor }, read }) => {
        const after = cursor === undefined ? undefined : positionOf(decodeCursor(cursor, cursorSchema))
        const filter = { state, trigger, monitor, matchId: match }
        const rows = await read((tx) => listDeliveries(tx, tenant.id, { filter, after, limit: limit + 1 }))
        const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.position, row.id]))
        return { status: 200, body: { items: items.map(summaryOf), next_cursor } }
      },
    }),
    tenantRoute({
      method: 'GET',
      path: one,
      operationId: 'getDelivery',
      summary: 'Read a delivery with its attempts',
      tag,
      permission: 'deliveries:read',
      params: oneParams,
      responses: { 200: deliveryAnswer },
      handler: async ({ tenant, params: { delivery_id: id }, read }) => {
        const body = await read(async (tx) => {
          const delivery = await get(tx, tenant.id, { id, find: findDelivery })
          const attempts = await listAttempts(tx, tenant.id, { deliveryId: id, limit: attemptsMax })
          return { ...summaryOf(delivery), attempts: attempts.map(attemptOf) }
        })
        return { status: 200, body }
      },
    }),
    tenantRoute({
      method: 'POST',
      path: `${one}/replay`,
      operationId: 'replayDelivery',
      summary: 'Send a delivery again, now',
      description:
        'For a dead or delivered delivery, and for one that waits for its next attempt. The webhook-id stays.',
      tag,
      permission: 'deliveries:write',
      params: oneParams,
      responses: { 200: deliverySummary },
      handler: async ({ tenant, actor, origin, params: { delivery_id: id }, write }) => {
        const reply = await write(async (tx) => {
          const before = await get(tx, tenant.id, { id, find: lockDelivery })
          rejectReplay(before)
          await replayDelivery(tx, tenant.id, id)
          await lookNow(tx, tenant.id)
          await insertAuditEvent(tx, tenant.id, {
            actor,
            origin,
            action: 'delivery.replay',
            target: { kind: 'delivery', id: before.id },
            before: { state: before.state },
            after: { state: 'pending' },
          })
          return { status: 200, body: summaryOf(await get(tx, tenant.id, { id, find: findDelivery })) }
        })
        wake()
        return reply
      },
    }),
    tenantRoute({
      method: 'POST',
      path: `${list}/replay`,
      operationId: 'replayDeliveries',
      summary: 'Send dead deliveries again, now',
      description: `The oldest ${replaysMax} of those that fit and whose trigger exists and is not disabled; repeat it for more.`,
      tag,
      permission: 'deliveries:write',
      params: listParams,
      body: replayBody,
      responses: { 200: replayAnswer },
      handler: async ({ tenant, actor, origin, body, write }) => {
        const reply = await write(async (tx) => {
          const { state, trigger_id: trigger, monitor_id: monitor, since, until } = body
          const filter = { state, trigger, monitor, since, until }
          const replayed = await replayDeliveries(tx, tenant.id, { filter, limit: replaysMax })
          await lookNow(tx, tenant.id)
          await insertAuditEvent(tx, tenant.id, {
            actor,
            origin,
            action: 'delivery.replay',
            target: { kind: 'delivery', id: '*' },
            after: { filter: givenIn(body), replayed },
          })
          return { status: 200, body: { replayed } }
        })
        wake()
        return reply
      },
    }),
  ]
}

/** The conditions that were given; JSON knows no undefined. */
function givenIn(filter: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

type Find = typeof findDelivery

async function get(tx: TenantTx, tenantId: string, { id, find }: { id: string; find: Find }): Promise<DeliveryRow> {
  const row = isUuid(id) ? await find(tx, tenantId, id) : undefined
  if (row === undefined) throw new NotFoundError('The delivery')
  return row
}

function rejectReplay({ state, isTriggerActive, isTriggerDisabled, isOrphaned, isBodyRemoved }: DeliveryRow): void {
  if (isTriggerDisabled)
    throw new AppError('conflict', 'The trigger of this delivery is disabled. Save it to enable it, then replay.')
  if (!isTriggerActive) throw new AppError('conflict', 'The trigger of this delivery was deleted.')
  if (isOrphaned) throw new AppError('conflict', 'The block of this delivery is not part of the chain any more.')
  if (isBodyRemoved) throw new AppError('conflict', 'What this delivery tells was removed to make room.')
  if (state === 'dead' || state === 'delivered' || state === 'pending') return
  throw new AppError('conflict', `A delivery that is ${state} cannot be replayed.`)
}

function summaryOf(row: DeliveryRow) {
  return {
    id: row.id,
    webhook_id:
      row.retracts === null ? messageId(row.id) : retractionId(row.retracts, row.isGathered ? row.id : undefined),
    match_id: row.matchId,
    monitor_id: row.monitorId,
    trigger_id: row.triggerId,
    kind: row.kind,
    incarnation: row.incarnation,
    match_count: row.matchCount,
    digest_id: row.digestId,
    state: row.state,
    error_class: row.errorClass,
    recipients: countsOf(storedRecipients(row.recipients)),
    attempt_count: row.attemptCount,
    replay_count: row.replayCount,
    next_attempt_at: row.state === 'pending' ? row.nextAttemptAt.toISOString() : null,
    give_up_at: row.finishedAt === null ? row.giveUpAt.toISOString() : null,
    finished_at: row.finishedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  }
}

function countsOf(recipients: RecipientStates | undefined) {
  if (recipients === undefined) return null
  const refused = refusedIn(recipients).length
  return { accepted: Object.keys(recipients).length - refused, refused }
}

function attemptOf(row: AttemptRow) {
  return {
    number: row.number,
    started_at: row.startedAt.toISOString(),
    outcome: row.outcome,
    http_status: row.httpStatus,
    error_class: row.errorClass,
    latency_ms: row.latencyMs,
  }
}
