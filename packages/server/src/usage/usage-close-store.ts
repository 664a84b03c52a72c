import { sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'
import { readStoredBytes } from '../tenants/storage-store.ts'
import { none } from './usage-count-store.ts'
import { countStored } from './usage-report-store.ts'

/** Takes or keeps the turn of closing hours; false while another process has it. */
export async function takeTurn(tx: PlatformTx, holder: string): Promise<boolean> {
  const taken = await tx.execute(sql`
    insert into usage_closer as c (holder, expires_at) values (${holder}, now() + interval '5 minutes')
    on conflict (only_row) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where c.holder = excluded.holder or c.expires_at < now()`)
  return taken > 0
}

/**
 * Hours before this time are over and whatever belongs to them is stored: counts are booked at the time at which their
 * transaction began, and none of ours lives for ten minutes.
 */
export async function findClosedUntil(tx: PlatformTx): Promise<Date> {
  const row = await tx.row(sql<{ until: Date }>`
    select date_trunc('hour', now() - interval '10 minutes', 'UTC') as until`)
  if (row === undefined) throw new Error('a select without a table has no row')
  return row.until
}

export type SourceHour = { sourceId: string; networkId: string; hour: Date; calls: bigint }

/** Hours of shared networks whose requests are not divided yet, oldest first. */
export async function listUndivided(
  tx: PlatformTx,
  { until, limit }: { until: Date; limit: number },
): Promise<SourceHour[]> {
  return tx.rows(sql<SourceHour>`
    select source_id as "sourceId", network_id as "networkId", hour, rpc_calls as calls
    from source_usage_hours where divided_calls is null and hour < ${until.toISOString()}
    order by hour, source_id limit ${limit}`)
}

type TenantWeight = { key: string; weight: bigint }

/** Evaluations of each tenant on a source in an hour. */
export async function sumEvaluations(
  tx: PlatformTx,
  { sourceId, hour }: Pick<SourceHour, 'sourceId' | 'hour'>,
): Promise<TenantWeight[]> {
  return tx.rows(sql<TenantWeight>`
    select tenant_id as key, sum(evaluations)::bigint as weight from usage_hours
    where hour = ${hour.toISOString()} and source_id = ${sourceId} and evaluations > 0 group by 1`)
}

/** Monitors of each tenant that watch a source now. */
export async function countWatching(tx: PlatformTx, sourceId: string): Promise<TenantWeight[]> {
  return tx.rows(sql<TenantWeight>`
    select tenant_id as key, count(*) as weight from monitor_spans
    where source_id = ${sourceId} and to_block is null group by 1`)
}

/** The tenant's share of an hour of a shared network. Doing it again changes nothing. */
export async function setShare(
  tx: TenantTx,
  tenantId: string,
  { sourceId, networkId, hour, calls }: SourceHour,
): Promise<void> {
  await tx.execute(sql`
    insert into usage_hours as u (tenant_id, hour, source_id, monitor_id, network_id, rpc_calls_shared)
    values (${tenantId}, ${hour.toISOString()}, ${sourceId}, ${none}, ${networkId}, ${calls})
    on conflict (tenant_id, hour, source_id, monitor_id) do update set rpc_calls_shared = excluded.rpc_calls_shared`)
}

export async function markDivided(tx: PlatformTx, { sourceId, hour }: SourceHour, divided: bigint): Promise<void> {
  await tx.execute(sql`
    update source_usage_hours set divided_calls = ${divided}
    where source_id = ${sourceId} and hour = ${hour.toISOString()}`)
}

/** Tenants with hours that are over and not closed, by id. One that was deleted uses nothing any more two days later. */
export async function listUnclosedTenants(
  tx: PlatformTx,
  { until, after, limit }: { until: Date; after: string; limit: number },
): Promise<string[]> {
  const rows = await tx.rows(sql<{ id: string }>`
    select t.id from tenants t left join usage_progress p on p.tenant_id = t.id
    where t.id > ${after} and (p.closed_until is null or p.closed_until < ${until.toISOString()})
      and (t.is_active or p.closed_until is null or p.closed_until < t.updated_at + interval '2 days')
    order by t.id limit ${limit}`)
  return rows.map(({ id }) => id)
}

/** From where the tenant's hours are open; undefined when there is nothing that could be closed. */
export async function findOpenSince(tx: TenantTx, tenantId: string): Promise<Date | undefined> {
  const row = await tx.row(sql<{ since: Date | null }>`
    select coalesce(
      (select closed_until from usage_progress where tenant_id = ${tenantId}),
      date_trunc('hour', least(
        (select min(created_at) from matches where tenant_id = ${tenantId}),
        (select min(hour) from usage_hours where tenant_id = ${tenantId})), 'UTC')) as since`)
  return row?.since ?? undefined
}

export type HourRange = { since: Date; until: Date }

/** Writes what was stored in these hours. Doing it again changes nothing. */
export async function closeStored(tx: TenantTx, tenantId: string, { since, until }: HourRange): Promise<void> {
  const range = { since: sql`${since.toISOString()}::timestamptz`, until: sql`${until.toISOString()}::timestamptz` }
  await tx.execute(sql`
    insert into usage_hours as u (tenant_id, hour, source_id, monitor_id, network_id, matches, deliveries)
    select ${tenantId}::uuid, s.hour, s.source_id, s.monitor_id, s.network_id, s.matches, s.deliveries
    from (${countStored(tenantId, range)}) s
    order by s.hour, s.source_id, s.monitor_id
    on conflict (tenant_id, hour, source_id, monitor_id) do update
    set matches = excluded.matches, deliveries = excluded.deliveries`)
}

export async function setClosedUntil(tx: TenantTx, tenantId: string, until: Date): Promise<void> {
  await tx.execute(sql`
    insert into usage_progress as p (tenant_id, closed_until) values (${tenantId}, ${until.toISOString()})
    on conflict (tenant_id) do update set closed_until = greatest(p.closed_until, excluded.closed_until)`)
}

export type HourRow = {
  hour: Date
  sourceId: string
  /** Undefined: the calls of all monitors together. */
  monitorId: string | undefined
  evaluations: bigint
  own: bigint
  shared: bigint
}

/** What the requests to nodes of these hours are divided by. */
export async function listHourRows(tx: TenantTx, tenantId: string, { since, until }: HourRange): Promise<HourRow[]> {
  const rows = await tx.rows(sql<Omit<HourRow, 'monitorId'> & { monitorId: string }>`
    select hour, source_id as "sourceId", monitor_id as "monitorId", evaluations, rpc_calls_own as own,
      rpc_calls_shared as shared
    from usage_hours
    where tenant_id = ${tenantId} and hour >= ${since.toISOString()} and hour < ${until.toISOString()}
      and (evaluations > 0 or monitor_id = ${none})`)
  return rows.map((row) => ({ ...row, monitorId: row.monitorId === none ? undefined : row.monitorId }))
}

export type CallPart = { hour: Date; sourceId: string; monitorId: string; own: bigint; shared: bigint }

export async function setParts(tx: TenantTx, tenantId: string, parts: readonly CallPart[]): Promise<void> {
  if (parts.length === 0) return
  await tx.execute(sql`
    update usage_hours u set rpc_calls_own = p.own, rpc_calls_shared = p.shared
    from unnest(${parts.map(({ hour }) => hour.toISOString())}::timestamptz[],
      ${parts.map(({ sourceId }) => sourceId)}::uuid[], ${parts.map(({ monitorId }) => monitorId)}::uuid[],
      ${parts.map(({ own }) => String(own))}::bigint[], ${parts.map(({ shared }) => String(shared))}::bigint[])
      as p (hour, source_id, monitor_id, own, shared)
    where u.tenant_id = ${tenantId} and u.hour = p.hour and u.source_id = p.source_id and u.monitor_id = p.monitor_id
      and (u.rpc_calls_own, u.rpc_calls_shared) is distinct from (p.own, p.shared)`)
}

const sampleTimeoutMs = 60_000

/**
 * What the tenant stores now, by the rule of `max_storage_mb`: of each monitor its matches, deliveries and attempts, and of
 * none the rest, so that all together is what counts towards the quota. Written as of this hour.
 */
export async function sampleStorage(tx: TenantTx, tenantId: string, hour: Date): Promise<void> {
  await tx.execute(sql`select set_config('statement_timeout', ${String(sampleTimeoutMs)}, true)`)
  await tx.execute(sql`
    insert into usage_hours as u (tenant_id, hour, source_id, monitor_id, network_id, storage_bytes)
    select ${tenantId}::uuid, ${hour.toISOString()}::timestamptz, s.source_id, s.monitor_id, max(s.network_id),
      sum(s.bytes)
    from (
      select source_id, monitor_id, network_id,
        1024 + case when body_removed_at is null then app.match_body_bytes(matched_on, matched_on_args, positions) else 0 end
          as bytes
      from matches where tenant_id = ${tenantId}
      union all
      select m.source_id, d.monitor_id, m.network_id, 1024 + 512 * d.attempt_count
      from deliveries d join matches m on m.tenant_id = d.tenant_id and m.id = d.match_id and m.match_at = d.match_at
      where d.tenant_id = ${tenantId}) s
    group by s.source_id, s.monitor_id
    order by s.source_id, s.monitor_id
    on conflict (tenant_id, hour, source_id, monitor_id) do update set storage_bytes = excluded.storage_bytes`)
  const stored = await readStoredBytes(tx, tenantId)
  await tx.execute(sql`
    insert into usage_hours as u (tenant_id, hour, source_id, monitor_id, network_id, storage_bytes)
    select ${tenantId}, ${hour.toISOString()}, ${none}, ${none}, '', greatest(0, ${stored}::bigint - coalesce((
      select sum(storage_bytes) from usage_hours
      where tenant_id = ${tenantId} and hour = ${hour.toISOString()} and monitor_id <> ${none}), 0))
    on conflict (tenant_id, hour, source_id, monitor_id) do update set storage_bytes = excluded.storage_bytes`)
}

/** Deletes what is older than it is kept; answers how much, at most `limit` of each table. */
export async function deleteExpired(
  tx: PlatformTx,
  { hoursKeptDays, writersKeptDays, limit }: { hoursKeptDays: number; writersKeptDays: number; limit: number },
): Promise<number> {
  const hours = await tx.execute(sql`
    delete from usage_hours u using (
      select tenant_id, hour, source_id, monitor_id from usage_hours
      where hour < now() - make_interval(days => ${hoursKeptDays}) limit ${limit}) o
    where u.tenant_id = o.tenant_id and u.hour = o.hour and u.source_id = o.source_id and u.monitor_id = o.monitor_id`)
  const writers = await tx.execute(sql`
    delete from usage_writers w using (
      select tenant_id, writer from usage_writers
      where written_at < now() - make_interval(days => ${writersKeptDays}) limit ${limit}) o
    where w.tenant_id = o.tenant_id and w.writer = o.writer`)
  await tx.execute(sql`
    delete from source_usage_hours where hour < now() - make_interval(days => ${hoursKeptDays})`)
  await tx.execute(sql`
    delete from source_usage_writers where written_at < now() - make_interval(days => ${writersKeptDays})`)
  return Math.max(hours, writers)
}
