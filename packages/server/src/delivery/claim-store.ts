import { sql, type PlatformTx } from '../platform/db/tx.ts'
import type { DeliveryKey, LeasedDelivery } from './dispatch-store.ts'

/**
 * The alert of a match that lives again waits for what is told of its earlier incarnation, so that a receiver hears of
 * both in their order; but not for a retraction that has failed already, since a receiver may refuse those alone.
 */
const earlierIncarnation = sql`
  select from deliveries e
  where e.tenant_id = d.tenant_id and e.match_id = d.match_id and e.trigger_id = d.trigger_id
    and e.match_at = d.match_at and e.incarnation < d.incarnation
    and (e.state = 'sending' or e.kind = 'retraction' and e.state = 'pending' and e.round = 0)`

const isWaiting = sql`d.state in ('pending', 'sending')`
const isDue = sql`${isWaiting} and d.next_attempt_at <= now() and (d.state = 'pending' or d.lease_until <= now())
  and (d.incarnation = 1 or not exists (${earlierIncarnation}))`

export type DueOptions = {
  /** The look begins behind this tenant and ends with `until`, both in the order of ids. */
  after: string
  until: string
  /** Most tenants to find, and most to look at. */
  tenantsMax: number
  stepsMax: number
  /** In flight at once: of a tenant of weight 1, and of one trigger. */
  perTenantMax: number
  perTriggerMax: number
  /** What this process is sending: counts against the caps. */
  inFlight: { tenants: ReadonlyMap<string, number>; triggers: ReadonlyMap<string, number> }
  /** Triggers whose host has no room. */
  heldTriggers: readonly string[]
}

/** A delivery that may begin now; `isProbe`: the trigger was failing, and this one shall find out whether it still is. */
export type DueDelivery = DeliveryKey & { triggerId: string; isProbe: boolean }

export type DueTenant = { tenantId: string; weight: number; busy: number; due: DueDelivery[] }

type TenantRow = {
  tenantId: string
  weight: number
  busy: number
  ids: string[]
  times: string[]
  triggers: string[]
  probes: boolean[]
}

/**
 * Tenants with something due, in the order of their ids, and of each what may begin now: its triggers turn by turn, urgent
 * before others, then by due time. Whatever waits behind a cap, a full host or a failing trigger hides nobody: the look
 * goes from tenant to tenant and from trigger to trigger by the index, and never through a backlog.
 */
export async function listDue(tx: PlatformTx, options: DueOptions): Promise<DueTenant[]> {
  const { after, until, tenantsMax, stepsMax, perTenantMax, perTriggerMax, inFlight, heldTriggers } = options
  const [tenants, triggers] = [[...inFlight.tenants], [...inFlight.triggers]]
  const dueOf = (urgency: 'true' | 'false') => sql`
    select d.id, d.match_at, d.is_urgent, d.next_attempt_at from deliveries d
    where d.tenant_id = r.tenant_id and d.trigger_id = l.trigger_id and d.is_urgent = ${sql.raw(urgency)} and ${isDue}
    order by d.next_attempt_at
    limit h.room`
  const rows = await tx.rows(sql<TenantRow>`
    with recursive tenant_load as (
      select * from unnest(${tenants.map(([id]) => id)}::uuid[], ${tenants.map(([, count]) => count)}::integer[]) as l (id, busy)
    ), trigger_load as (
      select * from unnest(${triggers.map(([id]) => id)}::uuid[], ${triggers.map(([, count]) => count)}::integer[]) as l (id, busy)
    ), ring (tenant_id, step) as (
      select (select d.tenant_id from deliveries d where ${isWaiting} and d.tenant_id > ${after}::uuid
        order by d.tenant_id limit 1), 1
      union all
      select (select d.tenant_id from deliveries d where ${isWaiting} and d.tenant_id > r.tenant_id
        order by d.tenant_id limit 1), r.step + 1
      from ring r where r.tenant_id < ${until}::uuid and r.step < ${stepsMax}
    )
    select r.tenant_id as "tenantId", t.delivery_weight as weight, coalesce(b.busy, 0) as busy,
      w.ids, w.times, w.triggers, w.probes
    from ring r
    join lateral (
      select t.delivery_weight from tenants t
      where t.id = r.tenant_id and t.is_active and t.state = 'active' limit 1) t on true
    left join tenant_load b on b.id = r.tenant_id
    cross join lateral (
      with recursive lanes (trigger_id) as (
        select (select d.trigger_id from deliveries d where ${isWaiting} and d.tenant_id = r.tenant_id
          order by d.trigger_id limit 1)
        union all
        select (select d.trigger_id from deliveries d where ${isWaiting} and d.tenant_id = r.tenant_id
          and d.trigger_id > l.trigger_id order by d.trigger_id limit 1)
        from lanes l where l.trigger_id is not null
      )
      select array_agg(c.id order by c.turn, c.is_urgent desc, c.next_attempt_at, c.id) as ids,
        array_agg(c.match_at::text order by c.turn, c.is_urgent desc, c.next_attempt_at, c.id) as times,
        array_agg(c.trigger_id order by c.turn, c.is_urgent desc, c.next_attempt_at, c.id) as triggers,
        array_agg(c.is_probe order by c.turn, c.is_urgent desc, c.next_attempt_at, c.id) as probes
      from (
        select l.trigger_id, h.is_probe, d.*,
          h.busy + row_number() over (partition by l.trigger_id order by d.is_urgent desc, d.next_attempt_at, d.id) as turn
        from lanes l
        cross join lateral (
          select coalesce(max(g.busy), 0) as busy, bool_or(s.open_until is not null) is true as is_probe,
            case when bool_or(s.disabled_at is not null or s.open_until > now()) then 0
              else greatest(0, case when bool_or(s.open_until is not null) then 1 else ${perTriggerMax}::integer end
                - coalesce(max(g.busy), 0)) end as room
          from (select 1) one
          left join trigger_health s on s.tenant_id = r.tenant_id and s.trigger_id = l.trigger_id
          left join trigger_load g on g.id = l.trigger_id
        ) h
        cross join lateral (
          select u.* from ((${dueOf('true')}) union all (${dueOf('false')})) u
          order by u.is_urgent desc, u.next_attempt_at
          limit h.room
        ) d
        where l.trigger_id is not null and h.room > 0 and l.trigger_id <> all (${[...heldTriggers]}::uuid[])
      ) c
    ) w
    where r.tenant_id is not null and r.tenant_id <= ${until}::uuid
      and coalesce(b.busy, 0) < t.delivery_weight * ${perTenantMax} and w.ids is not null
    limit ${tenantsMax}`)
  return rows.map(({ tenantId, weight, busy, ids, times, triggers: triggerIds, probes }) => ({
    tenantId,
    weight,
    busy,
    due: ids.map((id, index) => ({
      tenantId,
      id,
      matchAt: times[index] ?? '',
      triggerId: triggerIds[index] ?? '',
      isProbe: probes[index] === true,
    })),
  }))
}

/**
 * Takes the one look that a failing trigger allows, for as long as a lease lasts. Returns the triggers that nobody else
 * took at the same moment.
 */
export async function takeProbes(
  tx: PlatformTx,
  due: readonly DueDelivery[],
  { leaseMs }: { leaseMs: number },
): Promise<string[]> {
  const rows = await tx.rows(sql<{ triggerId: string }>`
    update trigger_health h set open_until = now() + make_interval(secs => ${leaseMs / 1_000})
    from unnest(${due.map(({ tenantId }) => tenantId)}::uuid[], ${due.map(({ triggerId }) => triggerId)}::uuid[])
      as p (tenant_id, trigger_id)
    where h.tenant_id = p.tenant_id and h.trigger_id = p.trigger_id and h.open_until <= now()
    returning h.trigger_id as "triggerId"`)
  return rows.map(({ triggerId }) => triggerId)
}

/**
 * Leases these deliveries, except those that another process leased meanwhile: two never get the same one. One whose
 * lease ended is due again, and may have been told. Lease times are the database's.
 */
export async function leaseDeliveries(
  tx: PlatformTx,
  chosen: readonly DeliveryKey[],
  { leaseId, leaseMs }: { leaseId: string; leaseMs: number },
): Promise<LeasedDelivery[]> {
  return tx.rows(sql<LeasedDelivery>`
    with locked as (
      select d.tenant_id, d.id, d.match_at
      from unnest(${chosen.map((key) => key.tenantId)}::uuid[], ${chosen.map((key) => key.id)}::uuid[],
        ${chosen.map((key) => key.matchAt)}::timestamptz[]) as c (tenant_id, id, match_at)
      join deliveries d on d.tenant_id = c.tenant_id and d.id = c.id and d.match_at = c.match_at
      where ${isWaiting} and d.next_attempt_at <= now() and (d.state = 'pending' or d.lease_until <= now())
      for update of d skip locked
    )
    update deliveries d
    set state = 'sending', maybe_told = d.maybe_told or d.state = 'sending', lease_id = ${leaseId},
      lease_until = now() + make_interval(secs => ${leaseMs / 1_000}),
      next_attempt_at = now() + make_interval(secs => ${leaseMs / 1_000})
    from locked l
    where d.tenant_id = l.tenant_id and d.id = l.id and d.match_at = l.match_at
    returning d.tenant_id as "tenantId", d.id, d.match_at::text as "matchAt", d.lease_id as "leaseId",
      d.trigger_id as "triggerId", d.round, d.attempt_count as "attemptCount", d.replay_count as "replayCount",
      d.is_urgent as "isUrgent"`)
}
