import { sql, type PlatformTx } from '../platform/db/tx.ts'

export type TriggerKey = { tenantId: string; triggerId: string }

/** How a trigger's receiver does: failed rounds and attempts in a row, since when, and whether it was given up. */
export type TriggerHealth = { failedRounds: number; failedAttempts: number; failingForS: number; isDisabled: boolean }

const keyOf = ({ tenantId, triggerId }: TriggerKey) => sql`tenant_id = ${tenantId} and trigger_id = ${triggerId}`

/** Counts one more failed round; the first one begins the count. */
export async function countFailedRound(
  tx: PlatformTx,
  { tenantId, triggerId, attempts, errorClass }: TriggerKey & { attempts: number; errorClass: string },
): Promise<TriggerHealth> {
  const row = await tx.row(sql<TriggerHealth>`
    insert into trigger_health as h (tenant_id, trigger_id, failed_rounds, failed_attempts, error_class)
    values (${tenantId}, ${triggerId}, 1, ${attempts}, ${errorClass})
    on conflict (tenant_id, trigger_id) do update set
      failed_rounds = h.failed_rounds + 1, failed_attempts = h.failed_attempts + excluded.failed_attempts,
      error_class = excluded.error_class
    returning failed_rounds as "failedRounds", failed_attempts as "failedAttempts",
      extract(epoch from now() - failing_since)::float8 as "failingForS", disabled_at is not null as "isDisabled"`)
  if (row === undefined) throw new Error('the health of a trigger could not be written')
  return row
}

/** Nothing is sent to the trigger for so long, then one delivery to see. A pause never becomes shorter. */
export async function holdTrigger(
  tx: PlatformTx,
  { tenantId, triggerId, delayMs, errorClass }: TriggerKey & { delayMs: number; errorClass: string },
): Promise<void> {
  const until = sql`now() + make_interval(secs => ${delayMs / 1_000})`
  await tx.execute(sql`
    insert into trigger_health as h (tenant_id, trigger_id, error_class, open_until)
    values (${tenantId}, ${triggerId}, ${errorClass}, ${until})
    on conflict (tenant_id, trigger_id) do update set open_until = ${until}, error_class = excluded.error_class`)
}

export async function disableTrigger(tx: PlatformTx, key: TriggerKey): Promise<void> {
  await tx.execute(sql`update trigger_health set disabled_at = now() where ${keyOf(key)} and disabled_at is null`)
}

/** Forgets that the trigger failed. True when it had been held back. */
export async function closeHealth(tx: PlatformTx, key: TriggerKey): Promise<boolean> {
  const row = await tx.row(sql<{ wasHeld: boolean }>`
    delete from trigger_health where ${keyOf(key)} returning open_until is not null as "wasHeld"`)
  return row?.wasHeld === true
}

/** What waited for a trigger that works again is due now, instead of in hours. Rows in somebody's hands are left alone. */
export async function releaseWaiting(tx: PlatformTx, key: TriggerKey, limit: number): Promise<void> {
  await tx.execute(sql`
    update deliveries d set next_attempt_at = now()
    from (
      select tenant_id, id, match_at from deliveries
      where ${keyOf(key)} and state = 'pending' and next_attempt_at > now()
      order by next_attempt_at limit ${limit} for update skip locked) w
    where d.tenant_id = w.tenant_id and d.id = w.id and d.match_at = w.match_at`)
}

export type EndedDelivery = TriggerKey & { triggerName: string; deliveryId: string; errorClass: string }

/**
 * Gives up what can wait no longer: deliveries of a disabled trigger, and of one that is held back when their time is
 * over, since its looks are for one delivery each. They can be replayed.
 */
export async function endHeldDeliveries(tx: PlatformTx, limit: number): Promise<EndedDelivery[]> {
  return tx.rows(sql<EndedDelivery>`
    with held as (
      select w.tenant_id, w.id, w.match_at, h.trigger_id, case when h.disabled_at is null then h.error_class else 'trigger_disabled' end as error_class
      from trigger_health h
      cross join lateral (
        select d.tenant_id, d.id, d.match_at from deliveries d
        where d.tenant_id = h.tenant_id and d.trigger_id = h.trigger_id and d.state = 'pending'
          and (h.disabled_at is not null or d.give_up_at <= now())
        limit ${limit} for update skip locked) w
      where h.disabled_at is not null or h.open_until > now()
      limit ${limit}
    )
    update deliveries d
    set state = case when d.orphaned_at is null then 'dead' else 'cancelled' end, error_class = h.error_class, finished_at = now()
    from held h join triggers t on t.tenant_id = h.tenant_id and t.id = h.trigger_id
    where d.tenant_id = h.tenant_id and d.id = h.id and d.match_at = h.match_at
    returning d.tenant_id as "tenantId", d.trigger_id as "triggerId", t.trigger_id as "triggerName",
      d.id as "deliveryId", d.error_class as "errorClass"`)
}
