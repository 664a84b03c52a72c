import { sql, type PlatformTx } from '../platform/db/tx.ts'
import type { DeliveryKey, LeasedDelivery } from './dispatch-store.ts'

export type DueOptions = {
  /** The look begins behind this tenant, in the order of ids, and goes around to it. */
  after: string
  /** Most tenants to find, and most deliveries of each trigger. */
  limit: number
  /** In flight at once: of a tenant of weight 1, and of a trigger of which nothing is in flight. */
  perTenantMax: number
  perTriggerMax: number
  /** What this process is sending: counts against the caps. */
  inFlight: ReadonlyMap<string, number>
  /** Triggers of which something is in flight: how much, and how many more may begin. */
  busyTriggers: readonly { triggerId: string; sending: number; room: number }[]
  /** Triggers whose host has no room. */
  heldTriggers: readonly string[]
}

/** A delivery that may begin now; `isProbe`: the trigger was failing, and this one shall find out whether it still is. */
export type DueDelivery = DeliveryKey & { triggerId: string; isProbe: boolean }

export type DueTenant = { tenantId: string; weight: number; busy: number; due: DueDelivery[] }

type DueRow = Omit<DueTenant, 'due'> & DueDelivery

/**
 * Tenants with something due, in the order in which the ring has them, and of each what may begin now: its triggers turn
 * by turn, urgent before others, then by due time. The look is `app.list_due` (migration 0012).
 */
export async function listDue(tx: PlatformTx, options: DueOptions): Promise<DueTenant[]> {
  const { after, limit, perTenantMax, perTriggerMax, inFlight, busyTriggers, heldTriggers } = options
  const rows = await tx.rows(sql<DueRow>`
    select tenant_id as "tenantId", weight, busy, id, match_at::text as "matchAt", trigger_id as "triggerId",
      is_probe as "isProbe"
    from app.list_due(${after}, ${limit}, ${perTenantMax}, ${perTriggerMax},
      ${[...inFlight.keys()]}, ${[...inFlight.values()]}, ${busyTriggers.map(({ triggerId }) => triggerId)},
      ${busyTriggers.map(({ sending }) => sending)}, ${busyTriggers.map(({ room }) => room)}, ${[...heldTriggers]})
    order by place, turn, is_urgent desc, next_attempt_at, id`)
  const found = new Map<string, DueTenant>()
  for (const { weight, busy, ...due } of rows) {
    const tenant = found.get(due.tenantId) ?? { tenantId: due.tenantId, weight, busy, due: [] }
    found.set(due.tenantId, tenant)
    tenant.due.push(due)
  }
  return [...found.values()]
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
  const times = [...new Set(chosen.map((key) => key.matchAt))]
  return tx.rows(sql<LeasedDelivery>`
    with locked as (
      select d.tenant_id, d.id, d.match_at
      from unnest(${chosen.map((key) => key.tenantId)}::uuid[], ${chosen.map((key) => key.id)}::uuid[],
        ${chosen.map((key) => key.matchAt)}::timestamptz[]) as c (tenant_id, id, match_at)
      join deliveries d on d.tenant_id = c.tenant_id and d.id = c.id and d.match_at = c.match_at
      where d.match_at = any (${times}::timestamptz[]) and d.state in ('pending', 'sending') and d.next_attempt_at <= now()
        and (d.state = 'pending' or d.lease_until <= now())
      for update of d skip locked
    )
    update deliveries d
    set state = 'sending', maybe_told = d.maybe_told or d.state = 'sending', lease_id = ${leaseId},
      lease_until = now() + make_interval(secs => ${leaseMs / 1_000}),
      next_attempt_at = now() + make_interval(secs => ${leaseMs / 1_000})
    from locked l
    where d.tenant_id = l.tenant_id and d.id = l.id and d.match_at = l.match_at and d.match_at = any (${times}::timestamptz[])
    returning d.tenant_id as "tenantId", d.id, d.match_at::text as "matchAt", d.lease_id as "leaseId",
      d.trigger_id as "triggerId", d.round, d.attempt_count as "attemptCount", d.replay_count as "replayCount",
      d.is_urgent as "isUrgent"`)
}

/** Ends the leases of everybody: only where this process is known to be the only one, as on the embedded database. */
export async function endLeases(tx: PlatformTx): Promise<void> {
  await tx.execute(sql`update deliveries set lease_until = now(), next_attempt_at = now() where state = 'sending'`)
}
