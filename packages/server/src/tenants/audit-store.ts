import type { JsonValue } from '@smt/engine'
import { jsonb, sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'
import type { Actor, RequestOrigin } from './route.ts'

export type AuditEvent = {
  actor: Actor | { kind: 'system' | 'operator'; name: string }
  /** `noun.verb`: `monitor.create`. */
  action: string
  target: { kind: string; id: string }
  /** Masked forms, the ones that API answers show: never a secret. */
  before?: JsonValue
  after?: JsonValue
  origin?: Pick<RequestOrigin, 'requestId'> & Partial<RequestOrigin>
}

/** Writes the event in the transaction of the change itself: no change without its event, no event without its change. */
export async function insertAuditEvent(tx: TenantTx | PlatformTx, tenantId: string, event: AuditEvent): Promise<void> {
  const { actor, origin } = event
  await tx.execute(sql`
    insert into audit_events
      (tenant_id, id, actor_kind, actor_id, actor_name, action, target_kind, target_id, before, after, request_id, ip, user_agent)
    values (${tenantId}, app.uuid_v7(), ${actor.kind}, ${'id' in actor ? actor.id : null}, ${actor.name}, ${event.action},
      ${event.target.kind}, ${event.target.id},
      ${event.before === undefined ? null : jsonb(event.before)}, ${event.after === undefined ? null : jsonb(event.after)},
      ${origin?.requestId ?? null}, ${origin?.ip ?? null}, ${origin?.userAgent?.slice(0, 500) ?? null})`)
}

export type AuditRow = {
  id: string
  occurredAt: Date
  /** Microseconds since 1970: a Date would lose the last three digits that pages are cut at. */
  occurredAtUs: bigint
  actorKind: string
  actorId: string | null
  actorName: string
  action: string
  targetKind: string
  targetId: string
  before: JsonValue
  after: JsonValue
  requestId: string | null
  ip: string | null
  userAgent: string | null
}

export type AuditFilter = {
  limit: number
  before: { occurredAtUs: number; id: string } | undefined
  action: string | undefined
  targetKind: string | undefined
  since: string | undefined
  until: string | undefined
}

/** Newest first. */
export async function listAuditEvents(tx: TenantTx, tenantId: string, filter: AuditFilter): Promise<AuditRow[]> {
  const { action = null, targetKind = null, since = null, until = null, before, limit } = filter
  const olderThan =
    before === undefined
      ? sql``
      : sql`and (occurred_at, id)
          < (timestamptz 'epoch' + ${before.occurredAtUs}::float8 * interval '1 microsecond', ${before.id}::uuid)`
  return tx.rows(sql<AuditRow>`
    select id, occurred_at as "occurredAt", (extract(epoch from occurred_at) * 1000000)::int8 as "occurredAtUs",
      actor_kind as "actorKind", actor_id as "actorId", actor_name as "actorName", action,
      target_kind as "targetKind", target_id as "targetId", before, after, request_id as "requestId", ip,
      user_agent as "userAgent"
    from audit_events
    where tenant_id = ${tenantId}
      and (${action}::text is null or action = ${action}) and (${targetKind}::text is null or target_kind = ${targetKind})
      and (${since}::timestamptz is null or occurred_at >= ${since}::timestamptz)
      and (${until}::timestamptz is null or occurred_at < ${until}::timestamptz)
      ${olderThan}
    order by occurred_at desc, id desc limit ${limit}`)
}
