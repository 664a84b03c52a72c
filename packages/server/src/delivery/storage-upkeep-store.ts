import { sql, type PlatformTx } from '../platform/db/tx.ts'
import { megabyte } from '../tenants/storage-store.ts'

/** False when another process is at it. The lock ends with the transaction. */
export async function tryLockStorage(tx: PlatformTx): Promise<boolean> {
  const row = await tx.row(sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('smt.delivery.storage', 0)) as locked`)
  return row?.locked === true
}

/** Adds up the oldest changes, for whoever holds the lock. Returns whose they were, and how many. */
export async function foldStorageChanges(
  tx: PlatformTx,
  { limit }: { limit: number },
): Promise<{ changes: number; tenantIds: string[] }> {
  const rows = await tx.rows(sql<{ tenantId: string; changes: number }>`
    with taken as (
      delete from storage_changes c using (
        select tenant_id, id from storage_changes limit ${limit}) o
      where c.tenant_id = o.tenant_id and c.id = o.id
      returning c.tenant_id, c.part, c.month, c.bytes),
    folded as (
      insert into storage_use as u (tenant_id, part, month, bytes)
      select tenant_id, part, month, sum(bytes) from taken group by 1, 2, 3 order by 1, 2, 3
      on conflict (tenant_id, part, month) do update set bytes = u.bytes + excluded.bytes)
    select tenant_id as "tenantId", count(*)::integer as changes from taken group by 1`)
  return {
    changes: rows.reduce((sum, { changes }) => sum + changes, 0),
    tenantIds: rows.map(({ tenantId }) => tenantId),
  }
}

export type StorageLevel = { tenantId: string; bytes: bigint; limitBytes: bigint }

/** What these tenants store, as far as it was added up, and what they may. */
export async function listStorageLevels(tx: PlatformTx, tenantIds: readonly string[]): Promise<StorageLevel[]> {
  return tx.rows(sql<StorageLevel>`
    select q.tenant_id as "tenantId", q.lim::bigint * ${megabyte}::bigint as "limitBytes",
      coalesce((select sum(u.bytes) from storage_use u where u.tenant_id = q.tenant_id), 0)::bigint as bytes
    from quotas q where q.tenant_id = any (${[...tenantIds]}::uuid[]) and q.quota = 'max_storage_mb'`)
}

/** Tenants that store more than they may, whether or not anything changed. */
export async function listOverfull(tx: PlatformTx): Promise<string[]> {
  const rows = await tx.rows(sql<{ tenantId: string }>`
    select u.tenant_id as "tenantId" from storage_use u
    join quotas q on q.tenant_id = u.tenant_id and q.quota = 'max_storage_mb'
    group by u.tenant_id, q.lim having sum(u.bytes) > q.lim::bigint * ${megabyte}::bigint`)
  return rows.map(({ tenantId }) => tenantId)
}

/**
 * Removes the bodies of a tenant's oldest matches, as many as make room for `bytes`, `limit` at most: what matched and
 * with which arguments, and of own networks the transaction, when no other match shows it. Never of a match that still
 * has something to send; the match itself stays. Returns how many.
 */
export async function removeOldestBodies(
  tx: PlatformTx,
  tenantId: string,
  { bytes, limit }: { bytes: bigint; limit: number },
): Promise<number> {
  const removed = await tx.rows(sql<{ sourceId: string; blockHash: string; txHash: string }>`
    with oldest as (
      select m.id, m.match_at, m.created_at,
        app.match_body_bytes(m.matched_on, m.matched_on_args, m.positions) + coalesce((
          select app.item_bytes(i.body) from chain_items i join chain_sources s on s.id = i.source_id and s.kind = 'own'
          where i.source_id = m.source_id and i.block_hash = m.block_hash and i.tx_hash = m.tx_hash), 0) as bytes
      from matches m
      where m.tenant_id = ${tenantId} and m.body_removed_at is null and m.fanout_state = 'done'
        and not exists (
          select from deliveries d
          where d.tenant_id = m.tenant_id and d.match_id = m.id and d.match_at = m.match_at
            and d.state in ('pending', 'sending'))
      order by m.created_at, m.id
      limit ${limit}
      for update of m skip locked),
    chosen as (select *, sum(bytes) over (order by created_at, id) - bytes as removed_before from oldest)
    update matches m
    set matched_on = 'null', matched_on_args = 'null', positions = null, body_removed_at = now()
    from chosen c
    where m.tenant_id = ${tenantId} and m.id = c.id and m.match_at = c.match_at and c.removed_before < ${bytes}
    returning m.source_id as "sourceId", m.block_hash as "blockHash", m.tx_hash as "txHash"`)
  if (removed.length === 0) return 0
  const sourceIds = removed.map(({ sourceId }) => sourceId)
  const blockHashes = removed.map(({ blockHash }) => blockHash)
  await tx.execute(sql`
    delete from chain_items i
    using unnest(${sourceIds}::uuid[], ${blockHashes}::text[], ${removed.map(({ txHash }) => txHash)}::text[])
        as r (source_id, block_hash, tx_hash), chain_sources s
    where i.source_id = r.source_id and i.block_hash = r.block_hash and i.tx_hash = r.tx_hash
      and s.id = i.source_id and s.kind = 'own' and not exists (
        select from matches m
        where m.source_id = i.source_id and m.block_hash = i.block_hash and m.tx_hash = i.tx_hash
          and m.body_removed_at is null)`)
  await tx.execute(sql`
    delete from chain_blocks b
    using unnest(${sourceIds}::uuid[], ${blockHashes}::text[]) as r (source_id, block_hash), chain_sources s
    where b.source_id = r.source_id and b.block_hash = r.block_hash and s.id = b.source_id and s.kind = 'own'
      and not exists (
        select from matches m
        where m.source_id = b.source_id and m.block_hash = b.block_hash and m.body_removed_at is null)`)
  return removed.length
}

/** Which partitions of the time-ordered tables there are, by name: `matches_2026_11`. */
export async function listMonthPartitions(tx: PlatformTx): Promise<string[]> {
  const rows = await tx.rows(sql<{ name: string }>`
    select c.relname::text as name from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    join pg_class p on p.oid = i.inhparent
    where p.relnamespace = 'public'::regnamespace and p.relkind = 'p' and c.relname ~ '_[0-9]{4}_[0-9]{2}$'`)
  return rows.map(({ name }) => name)
}

/** What was stored in these partitions is stored no more. */
export async function forgetMonths(tx: PlatformTx, partitions: readonly string[]): Promise<void> {
  if (partitions.length === 0) return
  const gone = [...partitions]
  await tx.execute(sql`
    delete from storage_changes where part || '_' || to_char(month, 'YYYY_MM') = any (${gone}::text[])`)
  await tx.execute(sql`
    delete from storage_use where part || '_' || to_char(month, 'YYYY_MM') = any (${gone}::text[])`)
}
