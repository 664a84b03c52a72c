import { sql, type PlatformTx, type RawBuilder } from '../platform/db/tx.ts'

/** A pending match, locked until its transaction ends. */
export type PendingMatch = {
  tenantId: string
  id: string
  /** As PostgreSQL writes it: a Date would lose the microseconds that are part of the key. */
  matchAt: string
  monitorId: string
  sourceId: string
  blockHash: string
  isOrphaned: boolean
}

export type MatchKey = Pick<PendingMatch, 'tenantId' | 'id' | 'matchAt'>

/** Tenants with pending matches behind this one, in the order of their ids: each is found by one probe of the index. */
export async function listPendingTenants(
  tx: PlatformTx,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const rows = await tx.rows(sql<{ tenantId: string }>`
    with recursive found (tenant_id) as (
      (select tenant_id from matches where fanout_state = 'pending' and tenant_id > ${after} order by tenant_id limit 1)
      union all
      select (select m.tenant_id from matches m
        where m.fanout_state = 'pending' and m.tenant_id > found.tenant_id order by m.tenant_id limit 1)
      from found where found.tenant_id is not null)
    select tenant_id as "tenantId" from found where tenant_id is not null limit ${limit}`)
  return rows.map(({ tenantId }) => tenantId)
}

/** Of each of these tenants the oldest pending matches that no other fan-out holds, at most `perTenant`. */
export async function lockPendingMatches(
  tx: PlatformTx,
  { tenantIds: of, perTenant }: { tenantIds: readonly string[]; perTenant: number },
): Promise<PendingMatch[]> {
  return tx.rows(sql<PendingMatch>`
    select p.tenant_id as "tenantId", p.id, p.match_at::text as "matchAt", p.monitor_id as "monitorId",
      p.source_id as "sourceId", p.block_hash as "blockHash", p.orphaned_at is not null as "isOrphaned"
    from unnest(${[...of]}::uuid[]) as t (id)
    cross join lateral (
      select * from matches m
      where m.fanout_state = 'pending' and m.tenant_id = t.id
      order by m.created_at
      limit ${perTenant}
      for update skip locked) p`)
}

/** The matches of one monitor in one block. */
export type BlockOfMonitor = Pick<PendingMatch, 'tenantId' | 'monitorId' | 'sourceId' | 'blockHash' | 'matchAt'>

export type BlockCount = BlockOfMonitor & {
  count: number
  /** The match of the first transaction, for which a digest is sent. */
  firstId: string
}

/** Counts the matches of these monitors in these blocks. A block is committed at once: none of them comes later. */
export async function countMatches(tx: PlatformTx, blocks: readonly BlockOfMonitor[]): Promise<BlockCount[]> {
  return tx.rows(sql<BlockCount>`
    select m.tenant_id as "tenantId", m.monitor_id as "monitorId", m.source_id as "sourceId", m.block_hash as "blockHash",
      m.match_at::text as "matchAt", count(*)::integer as count, (array_agg(m.id order by m.tx_index, m.id))[1] as "firstId"
    from matches m
    join unnest(${blocks.map((block) => block.tenantId)}::uuid[], ${blocks.map((block) => block.monitorId)}::uuid[],
        ${blocks.map((block) => block.sourceId)}::uuid[], ${blocks.map((block) => block.blockHash)}::text[],
        ${blocks.map((block) => block.matchAt)}::timestamptz[])
      as b (tenant_id, monitor_id, source_id, block_hash, match_at)
      on m.tenant_id = b.tenant_id and m.source_id = b.source_id and m.block_hash = b.block_hash
        and m.monitor_id = b.monitor_id and m.match_at = b.match_at
    where m.orphaned_at is null
    group by m.tenant_id, m.monitor_id, m.source_id, m.block_hash, m.match_at`)
}

/** One delivery per match and trigger. Returns how many are new. */
export async function insertAlerts(tx: PlatformTx, matches: readonly MatchKey[]): Promise<number> {
  return insertDeliveries(tx, sql`'alert', 1`, {
    from: sql`unnest(${tenantIds(matches)}::uuid[], ${ids(matches)}::uuid[], ${times(matches)}::timestamptz[])
      as k (tenant_id, id, match_at)`,
  })
}

/** One delivery per trigger that stands for all matches of a monitor in a block. Returns how many are new. */
export async function insertDigests(tx: PlatformTx, blocks: readonly BlockCount[]): Promise<number> {
  const keys = blocks.map((block) => ({ ...block, id: block.firstId }))
  return insertDeliveries(tx, sql`'digest', k.match_count`, {
    from: sql`unnest(${tenantIds(keys)}::uuid[], ${ids(keys)}::uuid[], ${times(keys)}::timestamptz[],
      ${keys.map((key) => key.count)}::integer[]) as k (tenant_id, id, match_at, match_count)`,
  })
}

// Triggers are those of the version that matched, found by their ids among the active ones: a deleted trigger gets
// nothing, a repeated id one delivery.
function insertDeliveries(
  tx: PlatformTx,
  kindAndCount: RawBuilder<unknown>,
  { from }: { from: RawBuilder<unknown> },
): Promise<number> {
  return tx.execute(sql`
    insert into deliveries (tenant_id, match_at, match_id, monitor_id, trigger_id, incarnation, kind, match_count, is_urgent)
    select distinct m.tenant_id, m.match_at, m.id, m.monitor_id, t.id, m.incarnation, ${kindAndCount}, m.severity = 'critical'
    from ${from}
    join matches m on m.tenant_id = k.tenant_id and m.id = k.id and m.match_at = k.match_at
    join monitor_versions v on v.tenant_id = m.tenant_id and v.id = m.monitor_version_id
    cross join lateral jsonb_array_elements_text(
      case jsonb_typeof(v.configuration -> 'triggers') when 'array' then v.configuration -> 'triggers' else '[]' end
    ) as named (trigger_id)
    join triggers t on t.tenant_id = m.tenant_id and t.trigger_id = named.trigger_id and t.is_active
    on conflict do nothing`)
}

export async function markFannedOut(tx: PlatformTx, matches: readonly MatchKey[]): Promise<void> {
  await tx.execute(sql`
    update matches m set fanout_state = 'done'
    from unnest(${tenantIds(matches)}::uuid[], ${ids(matches)}::uuid[], ${times(matches)}::timestamptz[])
      as k (tenant_id, id, match_at)
    where m.tenant_id = k.tenant_id and m.id = k.id and m.match_at = k.match_at`)
}

const tenantIds = (keys: readonly MatchKey[]) => keys.map((key) => key.tenantId)
const ids = (keys: readonly MatchKey[]) => keys.map((key) => key.id)
const times = (keys: readonly MatchKey[]) => keys.map((key) => key.matchAt)
