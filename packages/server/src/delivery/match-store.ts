import type { JsonValue } from '@smt/engine'
import { sql, type RawBuilder, type TenantTx } from '../platform/db/tx.ts'
import type { StoredMatch } from './match-object.ts'

export type MatchRow = {
  id: string
  /** The tenant's own id of the monitor. */
  monitorId: string
  monitorVersion: number
  networkId: string
  blockNumber: bigint
  blockHash: string
  blockTime: Date
  txHash: string
  txIndex: number
  severity: string
  matchedOn: JsonValue
  positions: JsonValue
  orphanedAt: Date | null
  /** When its body was removed to make room; there is no match object since then. */
  bodyRemovedAt: Date | null
  createdAt: Date
  /** `createdAt` with its microseconds, for the cursor. */
  position: string
}

export type MatchFilter = {
  monitor?: string | undefined
  network?: string | undefined
  since?: string | undefined
  until?: string | undefined
  txHash?: string | undefined
  severity?: string | undefined
  isOrphaned?: boolean | undefined
}

/** Where a page begins: after this row. */
export type Position = { createdAt: string; id: string }

const columns = sql`
  m.id, o.monitor_id as "monitorId", v.version as "monitorVersion", m.network_id as "networkId",
  m.block_number as "blockNumber", m.block_hash as "blockHash", m.match_at as "blockTime", m.tx_hash as "txHash",
  m.tx_index as "txIndex", m.severity, m.matched_on as "matchedOn", m.positions, m.orphaned_at as "orphanedAt",
  m.body_removed_at as "bodyRemovedAt",
  m.created_at as "createdAt",
  to_char(m.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position`

const joins = sql`
  join monitors o on o.tenant_id = m.tenant_id and o.id = m.monitor_id
  join monitor_versions v on v.tenant_id = m.tenant_id and v.id = m.monitor_version_id`

/** Newest first. */
export async function listMatches(
  tx: TenantTx,
  tenantId: string,
  { filter, after, limit }: { filter: MatchFilter; after: Position | undefined; limit: number },
): Promise<MatchRow[]> {
  const position =
    after === undefined ? sql`true` : sql`(m.created_at, m.id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`
  return tx.rows(sql<MatchRow>`
    select ${columns} from matches m ${joins}
    where m.tenant_id = ${tenantId} and ${filterOf(tenantId, filter)} and ${position}
    order by m.created_at desc, m.id desc
    limit ${limit}`)
}

export type MatchCount = { monitorId: string; day: string; count: number }

/** Matches per monitor and day (UTC), newest day first. */
export async function countMatchesByDay(
  tx: TenantTx,
  tenantId: string,
  { filter, limit }: { filter: MatchFilter; limit: number },
): Promise<MatchCount[]> {
  return tx.rows(sql<MatchCount>`
    select o.monitor_id as "monitorId", to_char(c.day, 'YYYY-MM-DD') as day, sum(c.count)::integer as count
    from (
      select m.tenant_id, m.monitor_id, date_trunc('day', m.created_at at time zone 'UTC') as day, count(*) as count
      from matches m
      where m.tenant_id = ${tenantId} and ${filterOf(tenantId, filter)}
      group by 1, 2, 3) c
    join monitors o on o.tenant_id = c.tenant_id and o.id = c.monitor_id
    group by 1, c.day
    order by c.day desc, 1
    limit ${limit}`)
}

type MatchParts = MatchRow & StoredMatch & { explorerUrl: string | null }

/** A match with everything its match object is made of; the transaction comes through the tenant's window. */
export async function findMatch(tx: TenantTx, tenantId: string, id: string): Promise<MatchParts | undefined> {
  return tx.row(sql<MatchParts>`
    select ${columns}, m.network_id as "networkSlug", v.configuration as monitor, i.body as item,
      m.matched_on_args as "matchedOnArgs", m.with_receipt as "withReceipt",
      m.family, b.body as block, coalesce(n.explorer_url, s.explorer_url) as "explorerUrl"
    from matches m ${joins}
    left join app.tenant_chain_items i
      on i.source_id = m.source_id and i.block_hash = m.block_hash and i.tx_hash = m.tx_hash
    left join networks n on n.tenant_id = m.tenant_id and n.network_id = m.network_id and n.source_id = m.source_id and n.is_active
    left join app.shared_network_list s on s.source_id = m.source_id
    left join app.tenant_chain_blocks b on b.source_id = m.source_id and b.block_hash = m.block_hash
    where m.tenant_id = ${tenantId} and m.id = ${id}`)
}

function filterOf(
  tenantId: string,
  { monitor, network, since, until, txHash, severity, isOrphaned }: MatchFilter,
): RawBuilder<unknown> {
  const conditions = [sql`true`]
  // A monitor's id may be used again after it was deleted: the matches of all who had it are found.
  if (monitor !== undefined) {
    conditions.push(sql`m.monitor_id in (
      select f.id from monitors f where f.tenant_id = ${tenantId} and f.monitor_id = ${monitor})`)
  }
  if (network !== undefined) conditions.push(sql`m.network_id = ${network}`)
  if (since !== undefined) conditions.push(sql`m.created_at >= ${since}::timestamptz`)
  if (until !== undefined) conditions.push(sql`m.created_at < ${until}::timestamptz`)
  if (txHash !== undefined) conditions.push(sql`m.tx_hash = ${txHash}`)
  if (severity !== undefined) conditions.push(sql`m.severity = ${severity}`)
  if (isOrphaned !== undefined) conditions.push(sql`(m.orphaned_at is not null) = ${isOrphaned}`)
  return sql.join(conditions, sql` and `)
}
