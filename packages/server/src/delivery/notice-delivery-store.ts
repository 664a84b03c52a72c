import type { JsonValue } from '@smt/engine'
import { jsonb, sql, type PlatformTx } from '../platform/db/tx.ts'
import type { RecipientStates } from '../triggers/channels/recipient-states.ts'

/** A notice that waits in the outbox, with the trigger as it is now. */
export type NoticeDelivery = {
  tenantId: string
  noticeId: string
  triggerId: string
  leaseId: string
  attemptCount: number
  kind: string
  severity: string
  subjectKind: string
  subjectId: string
  message: string
  createdAt: Date
  /** What became of each recipient when they were not all treated alike. */
  recipients: JsonValue
  /** Secrets are sealed; null when the tenant sends notices nowhere any more. */
  trigger: JsonValue
  /** What the trigger signed with before, sealed; null when it is not valid any more. */
  previousSecret: string | null
}

/**
 * Leases what is due, at most `perTenantMax` of one tenant, so that nobody's backlog is all that is sent. Each goes through
 * the trigger that its tenant has chosen by now. What that trigger's health does not let out (disabled, held back) is
 * passed over and waits; one that waited beyond its time has it again.
 */
export async function claimNotices(
  tx: PlatformTx,
  options: {
    leaseId: string
    leaseMs: number
    limit: number
    perTenantMax: number
    /** The tenants of what this process is sending, each as often as there is something. */
    sending: readonly string[]
  },
): Promise<NoticeDelivery[]> {
  const { leaseId, leaseMs, limit, perTenantMax, sending } = options
  return tx.rows(sql<NoticeDelivery>`
    with due as (
      select w.tenant_id, w.notice_id, w.trigger_id from (
        select d.tenant_id, d.notice_id, d.next_attempt_at, t.notice_trigger_id as trigger_id,
          row_number() over (partition by d.tenant_id order by d.next_attempt_at)
            + (select count(*) from unnest(${[...sending]}::uuid[]) as s where s = d.tenant_id) as place
        from notice_deliveries d
        join tenants t on t.id = d.tenant_id and t.is_active and t.state = 'active'
        left join trigger_health h on h.tenant_id = d.tenant_id and h.trigger_id = t.notice_trigger_id
        where d.state = 'pending' and d.next_attempt_at <= now()
          and h.disabled_at is null and (h.open_until is null or h.open_until <= now())) w
      where w.place <= ${perTenantMax}
      order by w.next_attempt_at
      limit ${limit}),
    locked as (
      select d.tenant_id, d.notice_id, due.trigger_id from notice_deliveries d
      join due on due.tenant_id = d.tenant_id and due.notice_id = d.notice_id
      where d.state = 'pending' and d.next_attempt_at <= now()
      for update of d skip locked),
    leased as (
      update notice_deliveries d
      set lease_id = ${leaseId}, next_attempt_at = now() + make_interval(secs => ${leaseMs / 1_000}),
        trigger_id = coalesce(l.trigger_id, d.trigger_id),
        give_up_at = case when d.give_up_at < now() - interval '2 hours' then now() + interval '24 hours' else d.give_up_at end
      from locked l
      where d.tenant_id = l.tenant_id and d.notice_id = l.notice_id
      returning d.*, l.trigger_id is not null as has_trigger)
    select d.tenant_id as "tenantId", d.notice_id as "noticeId", d.trigger_id as "triggerId", d.lease_id as "leaseId",
      d.attempt_count as "attemptCount", n.kind, n.severity, n.subject_kind as "subjectKind",
      n.subject_id as "subjectId", n.message, n.created_at as "createdAt", d.recipient_states as recipients, r.configuration as trigger,
      case when r.previous_secret_valid_until > now() then r.previous_secret end as "previousSecret"
    from leased d
    join notices n on n.tenant_id = d.tenant_id and n.id = d.notice_id
    left join triggers r on r.tenant_id = d.tenant_id and r.id = d.trigger_id and r.is_active and d.has_trigger`)
}

export type NoticeEnd = { state: 'delivered' | 'dead' | 'cancelled'; errorClass: string | null }

/** Nothing is written when the lease is not held any more. */
export async function finishNotice(tx: PlatformTx, delivery: NoticeDelivery, end: NoticeEnd): Promise<void> {
  await tx.execute(sql`
    update notice_deliveries
    set state = ${end.state}, error_class = ${end.errorClass}, attempt_count = attempt_count + 1, lease_id = null
    where tenant_id = ${delivery.tenantId} and notice_id = ${delivery.noticeId}
      and state = 'pending' and lease_id = ${delivery.leaseId}`)
}

/** Plans the next attempt, the last one when the time ends, or later if the receiver asked for it; then gives up. */
export async function postponeNotice(
  tx: PlatformTx,
  delivery: NoticeDelivery,
  failure: { errorClass: string; recipients: RecipientStates | undefined; delayMs: number; retryAfterMs: number },
): Promise<void> {
  const { errorClass, recipients, delayMs, retryAfterMs } = failure
  await tx.execute(sql`
    update notice_deliveries
    set state = case when give_up_at <= now() then 'dead' else 'pending' end,
      next_attempt_at = greatest(
        least(now() + make_interval(secs => ${delayMs / 1_000}), give_up_at),
        now() + make_interval(secs => ${retryAfterMs / 1_000})),
      recipient_states = coalesce(${recipients === undefined ? sql`null::jsonb` : jsonb(recipients)}, recipient_states),
      error_class = ${errorClass}, attempt_count = attempt_count + 1, lease_id = null
    where tenant_id = ${delivery.tenantId} and notice_id = ${delivery.noticeId}
      and state = 'pending' and lease_id = ${delivery.leaseId}`)
}

/** Ends the leases of everybody: only where this process is known to be the only one, as on the embedded database. */
export async function endNoticeLeases(tx: PlatformTx): Promise<void> {
  await tx.execute(sql`
    update notice_deliveries set lease_id = null, next_attempt_at = now() where state = 'pending' and lease_id is not null`)
}
