import { sql, type PlatformTx } from '../platform/db/tx.ts'
import type { BlockRef } from './commit-store.ts'

export type KeptBlock = BlockRef & { parentHash: string }

/** The blocks whose hashes are remembered, ascending. */
export async function listKeptBlocks(tx: PlatformTx, sourceId: string): Promise<KeptBlock[]> {
  return tx.rows(sql<KeptBlock>`
    select number, hash, parent_hash as "parentHash" from source_blocks where source_id = ${sourceId} order by number`)
}

export async function wasEvaluated(tx: PlatformTx, sourceId: string, number: bigint): Promise<boolean> {
  const row = await tx.row(sql<{ found: boolean }>`
    select exists (
      select from source_ranges
      where source_id = ${sourceId} and state = 'evaluated' and from_block <= ${number} and to_block >= ${number}) as found`)
  return row?.found === true
}

// A deep fork of a busy source touches many rows at once, which is rare and must not fail for being slow.
const timeoutMs = 120_000

/** Gives this transaction alone more time for a statement than the doors allow. */
export async function allowSlowStatements(tx: PlatformTx): Promise<void> {
  await tx.execute(sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`)
}

/** Forgets the blocks above the ancestor; answers their hashes. */
export async function forgetBlocks(tx: PlatformTx, sourceId: string, ancestor: bigint): Promise<string[]> {
  const rows = await tx.rows(sql<{ hash: string }>`
    delete from source_blocks where source_id = ${sourceId} and number > ${ancestor} returning hash`)
  return rows.map(({ hash }) => hash)
}

export type FailedMonitor = { tenantId: string; monitorRowId: string }

/** Closes what could not be evaluated on blocks that are gone; answers whose monitors had failed. */
export async function resolveFailuresAbove(
  tx: PlatformTx,
  sourceId: string,
  ancestor: bigint,
): Promise<FailedMonitor[]> {
  return tx.rows(sql<FailedMonitor>`
    update monitor_failures set resolved_at = now()
    where source_id = ${sourceId} and block_number > ${ancestor} and resolved_at is null
    returning tenant_id as "tenantId", monitor_id as "monitorRowId"`)
}

/** Closes the notices of those monitors that have no failure left. */
export async function resolveHealedNotices(tx: PlatformTx, monitors: readonly FailedMonitor[]): Promise<void> {
  if (monitors.length === 0) return
  await tx.execute(sql`
    update notices n set resolved_at = now()
    from unnest(${monitors.map(({ tenantId }) => tenantId)}::uuid[],
      ${monitors.map(({ monitorRowId }) => monitorRowId)}::uuid[]) as h (tenant_id, id)
    join monitors m on m.tenant_id = h.tenant_id and m.id = h.id
    where n.tenant_id = m.tenant_id and n.kind = 'monitor_failing' and n.subject_kind = 'monitor'
      and n.subject_id = m.monitor_id and n.resolved_at is null and not exists (
        select from monitor_failures o
        where o.tenant_id = m.tenant_id and o.monitor_id = m.id and o.resolved_at is null)`)
}

/** Marks the matches of these blocks: they are not part of the chain any more. Returns how many. */
export async function orphanMatches(tx: PlatformTx, sourceId: string, blockHashes: readonly string[]): Promise<number> {
  return tx.execute(sql`
    update matches set orphaned_at = now()
    where source_id = ${sourceId} and block_hash = any (${[...blockHashes]}::text[]) and orphaned_at is null`)
}

/** Nothing above the ancestor counts as evaluated or skipped any more. */
export async function cutRanges(tx: PlatformTx, sourceId: string, ancestor: bigint): Promise<void> {
  await tx.execute(sql`delete from source_ranges where source_id = ${sourceId} and from_block > ${ancestor}`)
  await tx.execute(sql`
    update source_ranges set to_block = ${ancestor} where source_id = ${sourceId} and to_block > ${ancestor}`)
}

/**
 * The new branch is evaluated with what is in force now: open spans begin with its first block at the latest, and what
 * was in force on abandoned blocks alone covers nothing.
 */
export async function cutSpans(tx: PlatformTx, sourceId: string, ancestor: bigint): Promise<void> {
  await tx.execute(sql`
    update monitor_spans set from_block = ${ancestor + 1n}::bigint
    where source_id = ${sourceId} and to_block is null and from_block > ${ancestor + 1n}::bigint`)
  await tx.execute(sql`
    update monitor_spans set from_block = least(from_block, ${ancestor + 1n}::bigint), to_block = ${ancestor}::bigint
    where source_id = ${sourceId} and to_block > ${ancestor}::bigint`)
}

export async function insertRollback(
  tx: PlatformTx,
  sourceId: string,
  { from, to, orphanedMatches }: { from: BlockRef; to: BlockRef; orphanedMatches: number },
): Promise<void> {
  await tx.execute(sql`
    insert into source_rollbacks (source_id, from_number, from_hash, to_number, to_hash, orphaned_matches)
    values (${sourceId}, ${from.number}, ${from.hash}, ${to.number}, ${to.hash}, ${orphanedMatches})`)
}
