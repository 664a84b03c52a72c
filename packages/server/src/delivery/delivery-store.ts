import type { JsonValue } from '@smt/engine'
import { sql, type RawBuilder, type TenantTx } from '../platform/db/tx.ts'
import type { Position } from './match-store.ts'

export const deliveryStates = ['pending', 'sending', 'delivered', 'dead', 'cancelled', 'digested', 'filtered'] as const
type DeliveryState = (typeof deliveryStates)[number]

export type DeliveryRow = {
  id: string
  matchId: string
  /** The tenant's own ids, also of a monitor or trigger that was deleted. */
  monitorId: string
  triggerId: string
  kind: 'alert' | 'digest' | 'retraction'
  /** Of a retraction: the delivery that it takes back. */
  retracts: string | null
  /** Of a digest that stands for alerts of several blocks, and of the retraction of a part of it. */
  isGathered: boolean
  /** The digest that told it, with others. */
  digestId: string | null
  incarnation: number
  matchCount: number
  state: DeliveryState
  errorClass: string | null
  attemptCount: number
  replayCount: number
  nextAttemptAt: Date
  giveUpAt: Date
  finishedAt: Date | null
  createdAt: Date
  isTriggerActive: boolean
  /** Its receiver failed for so long that nothing is sent until the trigger is saved. */
  isTriggerDisabled: boolean
  /** What became of each recipient when they were not all treated alike. */
  recipients: JsonValue
  /** The block of its match left the chain. */
  isOrphaned: boolean
  /** What its match held was removed to make room. */
  isBodyRemoved: boolean
  /** `createdAt` with its microseconds, for the cursor. */
  position: string
}

export type DeliveryFilter = {
  state?: DeliveryState | undefined
  trigger?: string | undefined
  monitor?: string | undefined
  matchId?: string | undefined
  since?: string | undefined
  until?: string | undefined
}

const columns = sql`
  d.id, d.match_id as "matchId", o.monitor_id as "monitorId", t.trigger_id as "triggerId", d.kind,
  d.retracts, d.is_gathered as "isGathered", d.digest_id as "digestId", d.incarnation, d.orphaned_at is not null as "isOrphaned", d.match_count as "matchCount", d.state, d.error_class as "errorClass", d.attempt_count as "attemptCount",
  d.replay_count as "replayCount", d.next_attempt_at as "nextAttemptAt", d.give_up_at as "giveUpAt",
  d.finished_at as "finishedAt", d.created_at as "createdAt", t.is_active as "isTriggerActive",
  exists (
    select from trigger_health h where h.tenant_id = d.tenant_id and h.trigger_id = d.trigger_id and h.disabled_at is not null
  ) as "isTriggerDisabled",
  exists (
    select from matches b
    where b.tenant_id = d.tenant_id and b.id = d.match_id and b.match_at = d.match_at and b.body_removed_at is not null
  ) as "isBodyRemoved",
  d.recipient_states as recipients,
  to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position`

const joins = sql`
  join monitors o on o.tenant_id = d.tenant_id and o.id = d.monitor_id
  join triggers t on t.tenant_id = d.tenant_id and t.id = d.trigger_id`

/** Newest first. */
export async function listDeliveries(
  tx: TenantTx,
  tenantId: string,
  { filter, after, limit }: { filter: DeliveryFilter; after: Position | undefined; limit: number },
): Promise<DeliveryRow[]> {
  const position =
    after === undefined ? sql`true` : sql`(d.created_at, d.id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`
  return tx.rows(sql<DeliveryRow>`
    select ${columns} from deliveries d ${joins}
    where d.tenant_id = ${tenantId} and ${filterOf(tenantId, filter)} and ${position}
    order by d.created_at desc, d.id desc
    limit ${limit}`)
}

export async function findDelivery(tx: TenantTx, tenantId: string, id: string): Promise<DeliveryRow | undefined> {
  return tx.row(sql<DeliveryRow>`
    select ${columns} from deliveries d ${joins} where d.tenant_id = ${tenantId} and d.id = ${id}`)
}

export async function lockDelivery(tx: TenantTx, tenantId: string, id: string): Promise<DeliveryRow | undefined> {
  return tx.row(sql<DeliveryRow>`
    select ${columns} from deliveries d ${joins} where d.tenant_id = ${tenantId} and d.id = ${id} for update of d`)
}

export type AttemptRow = {
  number: number
  startedAt: Date
  outcome: 'delivered' | 'failed'
  httpStatus: number | null
  errorClass: string | null
  latencyMs: number
}

/** The latest attempts, in the order in which they were made. */
export async function listAttempts(
  tx: TenantTx,
  tenantId: string,
  { deliveryId, limit }: { deliveryId: string; limit: number },
): Promise<AttemptRow[]> {
  return tx.rows(sql<AttemptRow>`
    select * from (
      select a.number, a.started_at as "startedAt", a.outcome, a.http_status as "httpStatus", a.error_class as "errorClass",
        a.latency_ms as "latencyMs"
      from attempts a
      where a.tenant_id = ${tenantId} and a.delivery_id = ${deliveryId}
      order by a.number desc
      limit ${limit}) latest
    order by number`)
}

const replayed = sql`
  state = 'pending', next_attempt_at = now(), give_up_at = now() + interval '24 hours', round = 0,
  replay_count = replay_count + 1, error_class = null, finished_at = null, recipient_states = null`

/** Makes a delivery due now, with its id and 24 hours ahead of it. */
export async function replayDelivery(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`update deliveries set ${replayed} where tenant_id = ${tenantId} and id = ${id}`)
}

/** The same for the oldest deliveries of a filter whose trigger still exists and whose match still holds. Returns how many. */
export async function replayDeliveries(
  tx: TenantTx,
  tenantId: string,
  { filter, limit }: { filter: DeliveryFilter; limit: number },
): Promise<number> {
  return tx.execute(sql`
    update deliveries set ${replayed}
    where tenant_id = ${tenantId} and (id, match_at) in (
      select d.id, d.match_at from deliveries d
      join triggers t on t.tenant_id = d.tenant_id and t.id = d.trigger_id and t.is_active
      where d.tenant_id = ${tenantId} and d.orphaned_at is null and not exists (
          select from trigger_health h
          where h.tenant_id = d.tenant_id and h.trigger_id = d.trigger_id and h.disabled_at is not null)
        and not exists (
          select from matches b
          where b.tenant_id = d.tenant_id and b.id = d.match_id and b.match_at = d.match_at and b.body_removed_at is not null)
        and ${filterOf(tenantId, filter)}
      order by d.created_at
      limit ${limit}
      for update of d skip locked)`)
}

/** Somebody believes that receivers work again: the next look at a failing trigger is now. */
export async function lookNow(tx: TenantTx, tenantId: string): Promise<void> {
  await tx.execute(sql`
    update trigger_health set open_until = now()
    where tenant_id = ${tenantId} and open_until > now() and failed_rounds > 0 and exists (
      select from deliveries d
      where d.tenant_id = ${tenantId} and d.trigger_id = trigger_health.trigger_id and d.state = 'pending'
        and d.replay_count > 0 and d.round = 0)`)
}

function filterOf(
  tenantId: string,
  { state, trigger, monitor, matchId, since, until }: DeliveryFilter,
): RawBuilder<unknown> {
  const conditions = [sql`true`]
  if (state !== undefined) conditions.push(sql`d.state = ${state}`)
  // An id may be used again after its object was deleted: the deliveries of all who had it are found.
  if (trigger !== undefined) {
    conditions.push(sql`d.trigger_id in (
      select f.id from triggers f where f.tenant_id = ${tenantId} and f.trigger_id = ${trigger})`)
  }
  if (monitor !== undefined) {
    conditions.push(sql`d.monitor_id in (
      select f.id from monitors f where f.tenant_id = ${tenantId} and f.monitor_id = ${monitor})`)
  }
  if (matchId !== undefined) conditions.push(sql`d.match_id = ${matchId}`)
  if (since !== undefined) conditions.push(sql`d.created_at >= ${since}::timestamptz`)
  if (until !== undefined) conditions.push(sql`d.created_at < ${until}::timestamptz`)
  return sql.join(conditions, sql` and `)
}
