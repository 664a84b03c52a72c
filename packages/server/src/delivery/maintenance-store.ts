import { sql, type PlatformTx } from '../platform/db/tx.ts'

/** False when another process is at it. The lock ends with the transaction. */
export async function tryLockMaintenance(tx: PlatformTx): Promise<boolean> {
  const row = await tx.row(sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('smt.delivery.maintenance', 0)) as locked`)
  return row?.locked === true
}

/** Partitions from last month to two months ahead. */
export async function ensurePartitions(tx: PlatformTx): Promise<void> {
  await tx.execute(sql`
    select app.ensure_partitions((date_trunc('month', now()) - interval '1 month')::date, 4)`)
}

export type Retention = { alertDays: number; auditDays: number }

export async function dropExpiredPartitions(tx: PlatformTx, { alertDays, auditDays }: Retention): Promise<number> {
  const row = await tx.row(sql<{ dropped: number }>`
    select app.drop_expired_partitions(
      now() - make_interval(days => ${alertDays}), now() - make_interval(days => ${auditDays})) as dropped`)
  return row?.dropped ?? 0
}

/** Deletes old transactions that no match refers to any more. */
export async function deleteUnusedItems(
  tx: PlatformTx,
  { olderThanDays, limit }: { olderThanDays: number; limit: number },
): Promise<number> {
  return tx.execute(sql`
    delete from chain_items i using (
      select o.source_id, o.block_hash, o.tx_hash from chain_items o
      where o.created_at < now() - make_interval(days => ${olderThanDays})
        and not exists (
          select from matches m
          where m.source_id = o.source_id and m.block_hash = o.block_hash and m.tx_hash = o.tx_hash)
      limit ${limit}) u
    where i.source_id = u.source_id and i.block_hash = u.block_hash and i.tx_hash = u.tx_hash`)
}

/** Deletes old bodies of blocks that no match refers to any more. */
export async function deleteUnusedBodies(
  tx: PlatformTx,
  { olderThanDays, limit }: { olderThanDays: number; limit: number },
): Promise<number> {
  return tx.execute(sql`
    delete from chain_blocks b using (
      select o.source_id, o.block_hash from chain_blocks o
      where o.created_at < now() - make_interval(days => ${olderThanDays})
        and not exists (
          select from matches m where m.source_id = o.source_id and m.block_hash = o.block_hash)
      limit ${limit}) u
    where b.source_id = u.source_id and b.block_hash = u.block_hash`)
}

export type WholeBody = { sourceId: string; blockHash: string; body: string }

/** Bodies as they were stored, as text: a database function would refuse the U+0000 that chain data may hold. */
export async function listWholeBodies(
  tx: PlatformTx,
  { olderThanHours, limit }: { olderThanHours: number; limit: number },
): Promise<WholeBody[]> {
  return tx.rows(sql<WholeBody>`
    select source_id as "sourceId", block_hash as "blockHash", body::text as body from chain_blocks
    where not is_trimmed and created_at < now() - make_interval(hours => ${olderThanHours})
    limit ${limit}`)
}

export async function replaceBody(tx: PlatformTx, { sourceId, blockHash, body }: WholeBody): Promise<void> {
  await tx.execute(sql`
    update chain_blocks set body = ${body}::json, is_trimmed = true
    where source_id = ${sourceId} and block_hash = ${blockHash}`)
}

export async function deleteExpiredIdempotencyKeys(
  tx: PlatformTx,
  { olderThanHours, limit }: { olderThanHours: number; limit: number },
): Promise<number> {
  return tx.execute(sql`
    delete from idempotency_keys k using (
      select tenant_id, key from idempotency_keys
      where created_at < now() - make_interval(hours => ${olderThanHours})
      limit ${limit}) e
    where k.tenant_id = e.tenant_id and k.key = e.key`)
}

/** Erases secrets with which triggers signed before. Rows that somebody is changing are left for the next time. */
export async function erasePreviousSecrets(tx: PlatformTx, { limit }: { limit: number }): Promise<number> {
  return tx.execute(sql`
    update triggers t set previous_secret = null, previous_secret_valid_until = null from (
      select tenant_id, id from triggers
      where previous_secret is not null and previous_secret_valid_until <= now()
      limit ${limit}
      for no key update skip locked) e
    where t.tenant_id = e.tenant_id and t.id = e.id`)
}

/** Deletes what became of sending a notice, long after; the notice stays. */
export async function deleteOldNoticeDeliveries(
  tx: PlatformTx,
  { olderThanDays, limit }: { olderThanDays: number; limit: number },
): Promise<number> {
  return tx.execute(sql`
    delete from notice_deliveries d using (
      select tenant_id, notice_id from notice_deliveries
      where state <> 'pending' and updated_at < now() - make_interval(days => ${olderThanDays})
      limit ${limit}) o
    where d.tenant_id = o.tenant_id and d.notice_id = o.notice_id`)
}

export async function deleteOldRollbacks(
  tx: PlatformTx,
  { olderThanDays, limit }: { olderThanDays: number; limit: number },
): Promise<number> {
  return tx.execute(sql`
    delete from source_rollbacks r using (
      select source_id, id from source_rollbacks
      where created_at < now() - make_interval(days => ${olderThanDays})
      limit ${limit}) o
    where r.source_id = o.source_id and r.id = o.id`)
}

/**
 * Seconds since the oldest unfinished work began: a delivery (since it was made or replayed), or a match that waits for
 * fan-out. 0 when there is none. What is held because its tenant is suspended or has ended does not count.
 */
export async function oldestUnfinishedSeconds(tx: PlatformTx): Promise<number> {
  const row = await tx.row(sql<{ seconds: number | null }>`
    select greatest(0, extract(epoch from now() - least(
      (select min(d.give_up_at) - interval '24 hours' from deliveries d join tenants t on t.id = d.tenant_id
        where d.state in ('pending', 'sending') and t.is_active and t.state = 'active'),
      (select min(created_at) from matches where fanout_state = 'pending'))))::double precision as seconds`)
  return row?.seconds ?? 0
}
