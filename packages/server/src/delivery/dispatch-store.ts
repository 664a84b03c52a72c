import { stringifyJson, type JsonValue } from '@smt/engine'
import { jsonb, sql, type PlatformTx } from '../platform/db/tx.ts'
import type { RecipientStates } from '../triggers/channels/recipient-states.ts'
import type { SentMessage } from '../triggers/channels/sent-message.ts'
import { wasDelivered, type Attempt } from './attempt.ts'

type DeliveryKind = 'alert' | 'digest' | 'retraction'

export type DeliveryKey = {
  tenantId: string
  id: string
  /** As PostgreSQL writes it: a Date would lose the microseconds that are part of the key. */
  matchAt: string
}

/** A delivery that this process holds until its lease ends; every later statement demands the same lease. */
export type LeasedDelivery = DeliveryKey & {
  leaseId: string
  triggerId: string
  round: number
  attemptCount: number
  replayCount: number
  /** Of a critical match. */
  isUrgent: boolean
}

/** All that is needed to send a delivery; what was deleted meanwhile is null. */
export type DeliveryContent = Pick<DeliveryKey, 'tenantId' | 'id'> & {
  kind: DeliveryKind
  /** Of a retraction: the delivery that it takes back. */
  retracts: string | null
  /** The same, as far as it is still stored. */
  told: ToldDelivery | undefined
  /** Of what is told or taken back. */
  toldKind: 'alert' | 'digest'
  incarnation: number
  matchCount: number
  matchCreatedAt: Date | null
  /** There is nothing to tell any more; never of a retraction. */
  isOrphaned: boolean
  networkSlug: string | null
  blockNumber: bigint | null
  blockHash: string | null
  blockTime: Date | null
  severity: string | null
  /** Of the network that the monitor referred to when it matched, as it is now. */
  explorerUrl: string | null
  matchedOn: JsonValue
  matchedOnArgs: JsonValue
  positions: JsonValue
  /** Nothing of these three is there any more, and perhaps no item: only something that is taken back says so. */
  isBodyRemoved: boolean | null
  txHash: string | null
  withReceipt: boolean | null
  family: string | null
  item: JsonValue
  /** What match objects show of the block; null when they show nothing of it. */
  block: JsonValue
  /** Of the version that matched. */
  monitor: JsonValue
  /** The trigger as it is now, secrets sealed; null when it was deleted. */
  trigger: JsonValue
  /** What the trigger signed with before, sealed; null when it is not valid any more. */
  previousSecret: string | null
  /** The tenant's own id of the trigger. */
  triggerName: string | null
  /** Its receiver was failing when this was claimed, or a notice still says that it was. */
  isTriggerFailing: boolean
  /** Of a digest that stands for alerts of several blocks: how many monitors they are of. */
  isGathered: boolean
  gatheredMonitors: number
  tenantSlug: string | null
  /** What became of each recipient when they were not all treated alike; null before that. */
  recipients: JsonValue
}

/** What a retraction takes back. */
export type ToldDelivery = { kind: 'alert' | 'digest'; sentAt: Date | undefined; sent: JsonValue }

type ContentRow = Omit<DeliveryContent, 'block' | 'told' | 'toldKind'> & { sourceId: string | null }

export async function listContents(tx: PlatformTx, keys: readonly DeliveryKey[]): Promise<DeliveryContent[]> {
  // Times as constants: all other partitions are left out when the statement is planned, which is most of its cost.
  const times = [...new Set(keys.map((key) => key.matchAt))]
  // The joins are written in the order in which they are to run: to try all others costs five times the statement.
  const ordered = tx.execute(sql`select set_config('join_collapse_limit', '1', true)`)
  const content = tx.rows(sql<ContentRow>`
    select d.tenant_id as "tenantId", d.id, d.kind, d.retracts, d.incarnation,
      d.match_count as "matchCount", m.created_at as "matchCreatedAt",
      d.kind <> 'retraction' and (d.orphaned_at is not null or m.orphaned_at is not null and not d.is_gathered) as "isOrphaned", m.network_id as "networkSlug", m.block_number as "blockNumber", m.tx_hash as "txHash",
      m.body_removed_at is not null as "isBodyRemoved",
      m.block_hash as "blockHash", i.block_time as "blockTime", m.severity, coalesce(n.explorer_url, s.explorer_url) as "explorerUrl", m.matched_on as "matchedOn", m.matched_on_args as "matchedOnArgs",
      m.with_receipt as "withReceipt", m.positions, m.family, m.source_id as "sourceId", i.body as item, v.configuration as monitor,
      case when t.is_active then t.configuration end as trigger,
      case when t.previous_secret_valid_until > now() then t.previous_secret end as "previousSecret", t.trigger_id as "triggerName",
      (h.trigger_id is not null or exists (
        select from notices a where a.tenant_id = d.tenant_id and a.kind in ('endpoint_failing', 'trigger_disabled', 'recipients_refused')
          and a.subject_kind = 'trigger' and a.subject_id = t.trigger_id and a.resolved_at is null)) as "isTriggerFailing",
      d.recipient_states as recipients, d.is_gathered as "isGathered",
      case when d.is_gathered then (
        select count(distinct g.monitor_id)::integer from deliveries g
        where g.tenant_id = d.tenant_id and (g.digest_id = d.id or g.retraction_id = d.id))
      else 1 end as "gatheredMonitors",
      case when d.is_gathered then (select w.slug from tenants w where w.id = d.tenant_id) end as "tenantSlug"
    from unnest(${keys.map((key) => key.tenantId)}::uuid[], ${keys.map((key) => key.id)}::uuid[],
        ${keys.map((key) => key.matchAt)}::timestamptz[]) as k (tenant_id, id, match_at)
    join deliveries d on d.tenant_id = k.tenant_id and d.id = k.id and d.match_at = k.match_at
    left join matches m on m.tenant_id = d.tenant_id and m.id = d.match_id and m.match_at = d.match_at
      and m.match_at = any (${times}::timestamptz[])
    left join monitor_versions v on v.tenant_id = m.tenant_id and v.id = m.monitor_version_id
    left join chain_items i on i.source_id = m.source_id and i.block_hash = m.block_hash and i.tx_hash = m.tx_hash
    left join triggers t on t.tenant_id = d.tenant_id and t.id = d.trigger_id
    left join networks n on n.tenant_id = m.tenant_id and n.network_id = m.network_id and n.source_id = m.source_id and n.is_active
    left join shared_networks s on s.source_id = m.source_id
    left join trigger_health h on h.tenant_id = d.tenant_id and h.trigger_id = d.trigger_id
    where d.match_at = any (${times}::timestamptz[])`)
  const [rows] = await Promise.all([content, ordered])
  const bodies = await listBodies(tx, rows)
  const told = await listTold(tx, rows)
  return rows.map(({ sourceId, ...row }) => ({
    ...row,
    told: told.get(`${row.tenantId} ${row.retracts}`),
    toldKind: told.get(`${row.tenantId} ${row.retracts}`)?.kind ?? (row.kind === 'digest' ? 'digest' : 'alert'),
    block: bodies.get(`${sourceId} ${row.blockHash}`) ?? null,
  }))
}

/** Only for retractions, which are few: a digest and a part of it may be of different times, so all partitions are asked. */
async function listTold(
  tx: PlatformTx,
  rows: readonly Pick<ContentRow, 'tenantId' | 'retracts'>[],
): Promise<Map<string, ToldDelivery>> {
  const taken = rows.filter(({ retracts }) => retracts !== null)
  if (taken.length === 0) return new Map()
  const found = await tx.rows(sql<ToldRow>`
    select r.tenant_id as "tenantId", r.id, r.kind, r.sent_message as sent,
      case when r.state = 'delivered' then r.finished_at end as "sentAt"
    from unnest(${taken.map((row) => row.tenantId)}::uuid[], ${taken.map((row) => row.retracts)}::uuid[]) as k (tenant_id, id)
    join deliveries r on r.tenant_id = k.tenant_id and r.id = k.id`)
  return new Map(
    found.map(({ tenantId, id, sentAt, ...told }) => [`${tenantId} ${id}`, { ...told, sentAt: sentAt ?? undefined }]),
  )
}

type ToldRow = Omit<ToldDelivery, 'sentAt'> & { tenantId: string; id: string; sentAt: Date | null }

/** Each body once, however many deliveries show it: a ledger can be megabytes. */
async function listBodies(
  tx: PlatformTx,
  rows: readonly Pick<ContentRow, 'sourceId' | 'blockHash'>[],
): Promise<Map<string, JsonValue>> {
  if (rows.length === 0) return new Map()
  const found = await tx.rows(sql<{ sourceId: string; blockHash: string; body: JsonValue }>`
    select b.source_id as "sourceId", b.block_hash as "blockHash", b.body
    from chain_blocks b
    where (b.source_id, b.block_hash) in (
      select * from unnest(${rows.map((row) => row.sourceId)}::uuid[], ${rows.map((row) => row.blockHash)}::text[]))`)
  return new Map(found.map(({ sourceId, blockHash, body }) => [`${sourceId} ${blockHash}`, body]))
}

function statesOf({ recipients }: { recipients: RecipientStates | undefined }) {
  return recipients === undefined ? sql`null::jsonb` : jsonb(recipients)
}

/** How a row was written; `isOrphaned`: its match left the chain, perhaps while it was being sent. */
export type Written<State> = { state: State; isOrphaned: boolean }

/** Ends a delivery; one that is given up is cancelled when its match left the chain. Undefined when the lease is not held any more. */
export async function finishDelivery(
  tx: PlatformTx,
  delivery: LeasedDelivery,
  end: {
    state: 'delivered' | 'dead' | 'cancelled'
    errorClass: string | null
    attempts: number
    isUnknown: boolean
    /** Of a message that not all of its recipients accepted. */
    recipients: RecipientStates | undefined
    /** What the channel calls the message; what was stored before stays when it names nothing. */
    sent?: SentMessage | undefined
  },
): Promise<Written<'delivered' | 'dead' | 'cancelled'> | undefined> {
  const isGivenUp = end.state === 'dead'
  return tx.row(sql<Written<'delivered' | 'dead' | 'cancelled'>>`
    update deliveries
    set state = case when ${isGivenUp} and orphaned_at is not null then 'cancelled' else ${end.state} end,
      error_class = case when ${isGivenUp} and orphaned_at is not null then 'match_orphaned' else ${end.errorClass} end,
      attempt_count = attempt_count + ${end.attempts}, maybe_told = maybe_told or ${end.isUnknown},
      recipient_states = coalesce(${statesOf(end)}, case when ${end.state} <> 'delivered' then recipient_states end),
      sent_message = coalesce(${end.sent === undefined ? null : jsonb(end.sent)}, sent_message),
      round = round + 1, lease_id = null, lease_until = null, finished_at = now()
    where tenant_id = ${delivery.tenantId} and id = ${delivery.id} and match_at = ${delivery.matchAt}::timestamptz
      and state = 'sending' and lease_id = ${delivery.leaseId}
    returning state, orphaned_at is not null as "isOrphaned"`)
}

/**
 * Plans the next round, or gives up when the time for it is over. The last round is not later than `give_up_at`, except
 * when the receiver asked for more time. Cancels instead when the match left the chain meanwhile. Undefined when the lease
 * is not held any more.
 */
export async function planNextRound(
  tx: PlatformTx,
  delivery: LeasedDelivery,
  failure: {
    errorClass: string
    attempts: number
    isUnknown: boolean
    recipients: RecipientStates | undefined
    delayMs: number
    retryAfterMs: number
  },
): Promise<Written<'pending' | 'dead' | 'cancelled'> | undefined> {
  return tx.row(sql<Written<'pending' | 'dead' | 'cancelled'>>`
    update deliveries
    set state = case when orphaned_at is not null then 'cancelled' when give_up_at <= now() then 'dead' else 'pending' end,
      finished_at = case when orphaned_at is not null or give_up_at <= now() then now() end,
      next_attempt_at = greatest(
        least(now() + make_interval(secs => ${failure.delayMs / 1_000}), give_up_at),
        now() + make_interval(secs => ${failure.retryAfterMs / 1_000})),
      error_class = case when orphaned_at is not null then 'match_orphaned' else ${failure.errorClass} end,
      attempt_count = attempt_count + ${failure.attempts}, round = round + 1, maybe_told = maybe_told or ${failure.isUnknown},
      recipient_states = coalesce(${statesOf(failure)}, recipient_states),
      lease_id = null, lease_until = null
    where tenant_id = ${delivery.tenantId} and id = ${delivery.id} and match_at = ${delivery.matchAt}::timestamptz
      and state = 'sending' and lease_id = ${delivery.leaseId}
    returning state, orphaned_at is not null as "isOrphaned"`)
}

/** Gives a delivery back without a verdict: somebody sends it after `delayMs`. */
export async function returnDelivery(
  tx: PlatformTx,
  delivery: LeasedDelivery,
  {
    attempts,
    isUnknown,
    recipients,
    delayMs,
  }: { attempts: number; isUnknown: boolean; recipients: RecipientStates | undefined; delayMs: number },
): Promise<boolean> {
  const updated = await tx.execute(sql`
    update deliveries
    set state = 'pending', next_attempt_at = now() + make_interval(secs => ${delayMs / 1_000}),
      attempt_count = attempt_count + ${attempts}, maybe_told = maybe_told or ${isUnknown}, lease_id = null, lease_until = null,
      recipient_states = coalesce(${statesOf({ recipients })}, recipient_states)
    where tenant_id = ${delivery.tenantId} and id = ${delivery.id} and match_at = ${delivery.matchAt}::timestamptz
      and state = 'sending' and lease_id = ${delivery.leaseId}`)
  return updated === 1
}

/** What came of a delivery that needs nothing but its own row and its attempts. */
export type PlainEnd = {
  delivery: LeasedDelivery
  state: 'delivered' | 'pending'
  attempts: number
  isUnknown: boolean
  /** Of one that is given back: until somebody sends it. */
  delayMs: number
  /** As for `finishDelivery`. */
  sent: SentMessage | undefined
}

/**
 * Ends many deliveries at once, or gives them back. Leaves alone, and answers only for those that it wrote: what is
 * locked by a rollback (waiting for it with other rows in hand could lock both for ever), whose match left the chain, or
 * whose lease is not held any more.
 */
export async function settlePlainly(tx: PlatformTx, ends: readonly PlainEnd[]): Promise<Set<string>> {
  const times = [...new Set(ends.map(({ delivery }) => delivery.matchAt))]
  const rows = await tx.rows(sql<{ id: string }>`
    with locked as (
      select d.tenant_id, d.id, d.match_at, e.is_delivered, e.attempts, e.is_unknown, e.delay_s, e.sent::jsonb as sent
      from unnest(${ends.map(({ delivery }) => delivery.tenantId)}::uuid[], ${ends.map(({ delivery }) => delivery.id)}::uuid[],
          ${ends.map(({ delivery }) => delivery.matchAt)}::timestamptz[], ${ends.map(({ delivery }) => delivery.leaseId)}::uuid[],
          ${ends.map(({ state }) => state === 'delivered')}::boolean[], ${ends.map(({ attempts }) => attempts)}::integer[],
          ${ends.map(({ isUnknown }) => isUnknown)}::boolean[], ${ends.map(({ delayMs }) => delayMs / 1_000)}::float8[],
          ${ends.map(({ sent }) => (sent === undefined ? null : stringifyJson(sent)))}::text[])
        as e (tenant_id, id, match_at, lease_id, is_delivered, attempts, is_unknown, delay_s, sent)
      join deliveries d on d.tenant_id = e.tenant_id and d.id = e.id and d.match_at = e.match_at
      where d.match_at = any (${times}::timestamptz[]) and d.state = 'sending' and d.lease_id = e.lease_id
        and d.orphaned_at is null
      for update of d skip locked
    )
    update deliveries d
    set state = case when l.is_delivered then 'delivered' else 'pending' end,
      error_class = case when l.is_delivered then null else d.error_class end,
      finished_at = case when l.is_delivered then now() end,
      next_attempt_at = case when l.is_delivered then d.next_attempt_at else now() + make_interval(secs => l.delay_s) end,
      round = d.round + l.is_delivered::integer, attempt_count = d.attempt_count + l.attempts,
      maybe_told = d.maybe_told or l.is_unknown, sent_message = coalesce(l.sent, d.sent_message),
      lease_id = null, lease_until = null
    from locked l
    where d.tenant_id = l.tenant_id and d.id = l.id and d.match_at = l.match_at and d.match_at = any (${times}::timestamptz[])
    returning d.id`)
  return new Set(rows.map(({ id }) => id))
}

export async function insertAttempts(
  tx: PlatformTx,
  made: readonly { delivery: LeasedDelivery; attempts: readonly Attempt[] }[],
): Promise<void> {
  const rows = made.flatMap(({ delivery, attempts }) =>
    attempts.map((attempt, index) => ({
      ...attempt,
      ...delivery,
      number: delivery.attemptCount + index + 1,
      outcome: wasDelivered(attempt) ? 'delivered' : 'failed',
    })),
  )
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into attempts (tenant_id, started_at, delivery_id, number, outcome, http_status, error_class, latency_ms)
    select a.tenant_id, a.started_at, a.delivery_id, a.number,
      a.outcome, a.http_status, a.error_class, a.latency_ms
    from unnest(${rows.map((row) => row.tenantId)}::uuid[], ${rows.map((row) => row.startedAt.toISOString())}::timestamptz[],
      ${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.number)}::integer[],
      ${rows.map((row) => row.httpStatus)}::integer[], ${rows.map((row) => row.errorClass)}::text[],
      ${rows.map((row) => Math.round(row.latencyMs))}::integer[], ${rows.map((row) => row.outcome)}::text[])
      as a (tenant_id, started_at, delivery_id, number, http_status, error_class, latency_ms, outcome)`)
}

/** Whether deliveries of the trigger were given up and not replayed. */
export async function hasDeadDeliveries(tx: PlatformTx, tenantId: string, triggerId: string): Promise<boolean> {
  const row = await tx.row(sql<{ found: boolean }>`
    select exists (
      select from deliveries where tenant_id = ${tenantId} and trigger_id = ${triggerId} and state = 'dead') as found`)
  return row?.found === true
}
