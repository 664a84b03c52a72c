import { stringifyJson, type JsonValue } from '@smt/engine'
import { jsonb, sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'

export const noticeKinds = [
  'network_failing',
  'network_stopped',
  'blocks_skipped',
  'blocks_unavailable',
  'contract_upgraded',
  'chain_reorganised',
  'monitor_failing',
  'delivery_dead',
  'endpoint_failing',
  'trigger_disabled',
  'recipients_refused',
  'quota_near',
  'quota_reached',
  'quota_request_decided',
  'match_bodies_removed',
] as const
export type NoticeKind = (typeof noticeKinds)[number]

export type Notice = {
  kind: NoticeKind
  severity: 'info' | 'warning' | 'critical'
  subject: { kind: 'network' | 'monitor' | 'trigger' | 'quota' | 'quota_request'; id: string }
  message: string
  data?: JsonValue
}

/** Tells tenants of something: an open notice of the same kind and subject counts up instead of repeating. */
export async function raiseNotice(tx: PlatformTx, tenantIds: readonly string[], notice: Notice): Promise<void> {
  if (tenantIds.length === 0) return
  await tx.execute(sql`
    insert into notices (tenant_id, kind, severity, subject_kind, subject_id, message, data)
    select t, ${notice.kind}, ${notice.severity}, ${notice.subject.kind}, ${notice.subject.id}, ${notice.message},
      ${jsonb(notice.data ?? {})}
    from unnest(${[...tenantIds]}::uuid[]) as t
    on conflict (tenant_id, kind, subject_kind, subject_id) where resolved_at is null
    do update set occurrences = notices.occurrences + 1, message = excluded.message, data = excluded.data,
      severity = excluded.severity`)
}

/** Closes the open notices of a kind and subject, for all tenants that have one. */
export async function resolveNotices(
  tx: PlatformTx,
  tenantIds: readonly string[],
  notice: Pick<Notice, 'kind' | 'subject'>,
): Promise<void> {
  if (tenantIds.length === 0) return
  await tx.execute(sql`
    update notices set resolved_at = now()
    where tenant_id = any (${[...tenantIds]}::uuid[]) and kind = ${notice.kind}
      and subject_kind = ${notice.subject.kind} and subject_id = ${notice.subject.id} and resolved_at is null`)
}

export type NoticeSubject = Pick<Notice, 'kind' | 'subject'> & { tenantId: string }

/** Tells each tenant of a state, unless it is told of it already. */
export async function openNotices(tx: PlatformTx, notices: readonly (Notice & { tenantId: string })[]): Promise<void> {
  if (notices.length === 0) return
  await tx.execute(sql`
    insert into notices (tenant_id, kind, subject_kind, subject_id, severity, message, data)
    select n.tenant_id, n.kind, n.subject_kind, n.subject_id, n.severity, n.message, n.data::jsonb
    from unnest(${notices.map(({ tenantId }) => tenantId)}::uuid[], ${notices.map(({ kind }) => kind)}::text[],
        ${notices.map(({ subject }) => subject.kind)}::text[], ${notices.map(({ subject }) => subject.id)}::text[],
        ${notices.map(({ severity }) => severity)}::text[], ${notices.map(({ message }) => message)}::text[],
        ${notices.map(({ data }) => stringifyJson(data ?? {}))}::text[])
      as n (tenant_id, kind, subject_kind, subject_id, severity, message, data)
    on conflict (tenant_id, kind, subject_kind, subject_id) where resolved_at is null do nothing`)
}

/** Closes the notices of states that are over. */
export async function closeNotices(tx: PlatformTx, subjects: readonly NoticeSubject[]): Promise<void> {
  if (subjects.length === 0) return
  await tx.execute(sql`
    update notices n set resolved_at = now()
    from unnest(${subjects.map(({ tenantId }) => tenantId)}::uuid[], ${subjects.map(({ kind }) => kind)}::text[],
        ${subjects.map(({ subject }) => subject.kind)}::text[], ${subjects.map(({ subject }) => subject.id)}::text[])
      as s (tenant_id, kind, subject_kind, subject_id)
    where n.tenant_id = s.tenant_id and n.kind = s.kind and n.subject_kind = s.subject_kind and n.subject_id = s.subject_id
      and n.resolved_at is null`)
}

export type NoticeRow = {
  id: string
  kind: string
  severity: string
  subjectKind: string
  subjectId: string
  message: string
  data: JsonValue
  occurrences: number
  resolvedAt: Date | null
  createdAt: Date
  updatedAt: Date
  /** Null when it was not to be sent. */
  sending: NoticeSending | null
  /** Microseconds since 1970, as pages are cut at. */
  updatedAtUs: bigint
}

export const noticeSendingStates = ['pending', 'held', 'delivered', 'dead', 'cancelled'] as const

/** What became of sending a notice through a trigger; `held`: the trigger is disabled. */
export type NoticeSending = {
  state: (typeof noticeSendingStates)[number]
  /** The tenant's own id. */
  triggerId: string
  errorClass: string | null
  attemptCount: number
}

export type NoticeFilter = {
  limit: number
  before: { updatedAtUs: number; id: string } | undefined
  kind: NoticeKind | undefined
  state: 'open' | 'resolved' | undefined
}

/** The latest change first. */
export async function listNotices(tx: TenantTx, tenantId: string, filter: NoticeFilter): Promise<NoticeRow[]> {
  const { kind = null, state = null, before, limit } = filter
  const olderThan =
    before === undefined
      ? sql``
      : sql`and (n.updated_at, n.id)
          < (timestamptz 'epoch' + ${before.updatedAtUs}::float8 * interval '1 microsecond', ${before.id}::uuid)`
  return tx.rows(sql<NoticeRow>`
    select n.id, n.kind, n.severity, n.subject_kind as "subjectKind", n.subject_id as "subjectId", n.message, n.data,
      n.occurrences, n.resolved_at as "resolvedAt", n.created_at as "createdAt", n.updated_at as "updatedAt",
      (extract(epoch from n.updated_at) * 1000000)::int8 as "updatedAtUs",
      case when s.notice_id is not null then jsonb_build_object(
        'state', case when s.state = 'pending' and h.disabled_at is not null then 'held' else s.state end,
        'triggerId', r.trigger_id, 'errorClass', s.error_class, 'attemptCount', s.attempt_count) end as sending
    from notices n
    join tenants t on t.id = n.tenant_id
    left join notice_deliveries s on s.tenant_id = n.tenant_id and s.notice_id = n.id
    -- One that waits goes through whichever trigger is chosen by then.
    left join triggers r on r.tenant_id = s.tenant_id
      and r.id = case when s.state = 'pending' then coalesce(t.notice_trigger_id, s.trigger_id) else s.trigger_id end
    left join trigger_health h on h.tenant_id = r.tenant_id and h.trigger_id = r.id
    where n.tenant_id = ${tenantId} and (${kind}::text is null or n.kind = ${kind})
      and (${state}::text is null or (n.resolved_at is null) = (${state}::text = 'open'))
      ${olderThan}
    order by n.updated_at desc, n.id desc limit ${limit}`)
}
