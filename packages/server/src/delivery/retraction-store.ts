import { sql, type PlatformTx } from '../platform/db/tx.ts'
import type { DeliveryKey } from './dispatch-store.ts'
import { settleDigests } from './gather-store.ts'
import { retractionColumns, wasDelivered, wasTold } from './told-store.ts'

/**
 * Takes back what was told of the matches of these blocks, which are orphaned by now: what waits is cancelled; what was
 * delivered, also before a replay, or may have been, gets a retraction that is due at once. What is being sent is marked
 * alone: whoever records its outcome decides. Each row is locked by its own update, so that no outcome is overlooked.
 *
 * One statement, whatever the number of rows: it may exceed the 5,000 that platform transactions keep to otherwise.
 * Returns the tenants that had been told.
 */
export async function retractAlerts(
  tx: PlatformTx,
  { sourceId, blockHashes }: { sourceId: string; blockHashes: readonly string[] },
): Promise<string[]> {
  await lockDigests(tx, { sourceId, blockHashes })
  const rows = await tx.rows(sql<{ tenantId: string; digestId: string | null }>`
    with orphaned as (
      update deliveries d
      set orphaned_at = now(),
        state = case when d.state = 'pending' then 'cancelled' else d.state end,
        error_class = case when d.state = 'pending' then 'match_orphaned' else d.error_class end,
        finished_at = case when d.state = 'pending' then now() else d.finished_at end
      from matches m
      where m.source_id = ${sourceId} and m.block_hash = any (${[...blockHashes]}::text[]) and m.orphaned_at is not null
        and d.tenant_id = m.tenant_id and d.match_id = m.id and d.match_at = m.match_at
        and d.incarnation = m.incarnation and d.kind <> 'retraction' and d.orphaned_at is null
        and not d.is_gathered
      returning d.*
    ), retracted as (
      insert into deliveries (${retractionColumns})
      select o.tenant_id, o.match_at, o.match_id, o.monitor_id, o.trigger_id, o.incarnation, 'retraction', o.match_count, o.id
      from orphaned o
      where o.state <> 'digested' and ${wasTold}
      on conflict do nothing
      returning tenant_id
    )
    select distinct tenant_id as "tenantId", null::uuid as "digestId" from retracted
    union all
    select distinct tenant_id, digest_id from orphaned where state = 'digested' and digest_id is not null`)
  const told = new Set<string>()
  for (const { tenantId, digestId } of rows) {
    if (digestId === null || (await settleDigests(tx, [{ tenantId, id: digestId }])) > 0) told.add(tenantId)
  }
  return [...told]
}

/**
 * A digest is locked before its alerts, always: so does whoever records its outcome, and the other order would let both
 * wait for each other. One that is gathered at this moment is not seen; its receiver is left alone for seconds yet.
 */
async function lockDigests(
  tx: PlatformTx,
  { sourceId, blockHashes }: { sourceId: string; blockHashes: readonly string[] },
): Promise<void> {
  await tx.execute(sql`
    select from deliveries o
    where (o.tenant_id, o.id) in (
      select d.tenant_id, d.digest_id from matches m
      join deliveries d on d.tenant_id = m.tenant_id and d.match_id = m.id and d.match_at = m.match_at
        and d.incarnation = m.incarnation
      where m.source_id = ${sourceId} and m.block_hash = any (${[...blockHashes]}::text[]) and m.orphaned_at is not null
        and d.digest_id is not null and d.orphaned_at is null)
    order by o.tenant_id, o.id
    for update of o`)
}

/** The same for one delivery whose outcome was recorded after its match was orphaned. True when a retraction is new. */
export async function retractLate(tx: PlatformTx, delivery: DeliveryKey): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into deliveries (${retractionColumns})
    select o.tenant_id, o.match_at, o.match_id, o.monitor_id, o.trigger_id, o.incarnation, 'retraction', o.match_count, o.id
    from deliveries o
    where o.tenant_id = ${delivery.tenantId} and o.id = ${delivery.id} and o.match_at = ${delivery.matchAt}::timestamptz
      and (o.state = 'delivered' or o.maybe_told or ${wasDelivered})
    on conflict do nothing`)
  return inserted > 0
}
