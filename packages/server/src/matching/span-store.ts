import { sql, type PlatformTx } from '../platform/db/tx.ts'

/** Which version of a monitor is in force on a source. */
export type Span = { tenantId: string; monitorId: string; versionId: string }

export async function listOpenSpans(tx: PlatformTx, sourceId: string): Promise<Span[]> {
  return tx.rows(sql<Span>`
    select tenant_id as "tenantId", monitor_id as "monitorId", monitor_version_id as "versionId"
    from monitor_spans where source_id = ${sourceId} and to_block is null`)
}

/** Ends spans with this block; one that had not begun yet ends before its beginning, which covers nothing. */
export async function closeSpans(
  tx: PlatformTx,
  sourceId: string,
  { spans, toBlock }: { spans: readonly Span[]; toBlock: bigint },
): Promise<void> {
  if (spans.length === 0) return
  await tx.execute(sql`
    update monitor_spans s set to_block = greatest(${toBlock}::bigint, s.from_block - 1)
    from unnest(${spans.map((span) => span.tenantId)}::uuid[], ${spans.map((span) => span.monitorId)}::uuid[])
      as c (tenant_id, monitor_id)
    where s.tenant_id = c.tenant_id and s.monitor_id = c.monitor_id and s.source_id = ${sourceId} and s.to_block is null`)
}

export async function openSpans(
  tx: PlatformTx,
  sourceId: string,
  { spans, fromBlock }: { spans: readonly Span[]; fromBlock: bigint },
): Promise<void> {
  if (spans.length === 0) return
  await tx.execute(sql`
    insert into monitor_spans (tenant_id, monitor_id, monitor_version_id, source_id, from_block)
    select o.tenant_id, o.monitor_id, o.version_id, ${sourceId}::uuid, ${fromBlock}::bigint
    from unnest(${spans.map((span) => span.tenantId)}::uuid[], ${spans.map((span) => span.monitorId)}::uuid[],
      ${spans.map((span) => span.versionId)}::uuid[]) as o (tenant_id, monitor_id, version_id)`)
}

/** Locks the source for its leader of this epoch; false when another one leads it by now. */
export async function lockLedSource(tx: PlatformTx, source: { id: string; epoch: bigint }): Promise<boolean> {
  const row = await tx.row(sql<{ id: string }>`
    select id from chain_sources where id = ${source.id} and epoch = ${source.epoch} for no key update`)
  return row !== undefined
}
