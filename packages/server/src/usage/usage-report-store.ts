import { sql, type RawBuilder, type TenantTx } from '../platform/db/tx.ts'
import { none } from './usage-count-store.ts'
import { amountsOf, type Grouping, type Metric, type UsageQuestion, type UsageRow } from './usage-report.ts'

export type UsagePosition = { period: string; key: string }

/**
 * What a tenant used, oldest period first; periods and keys without anything have no row. Matches and deliveries of hours
 * that are not closed yet are counted here, so that nothing is missing or counted twice.
 */
export async function listUsage(
  tx: TenantTx,
  tenantId: string,
  { question, after, limit }: { question: UsageQuestion; after: UsagePosition | undefined; limit: number },
): Promise<UsageRow[]> {
  const { from, to, interval, groupBy, metrics: wanted } = question
  const position =
    after === undefined ? sql`true` : sql`(r.period, r.key) > (${after.period}::timestamptz, ${after.key} collate "C")`
  const isThere = sql.join(
    wanted.map((metric) => sql`${sql.ref(metric)} <> 0`),
    sql` or `,
  )
  const rows = await tx.rows(sql<Record<Metric, string> & { period: Date; key: string }>`
    with facts as (
      select hour, source_id, monitor_id, network_id, evaluations, matches, deliveries, rpc_calls_own, rpc_calls_shared,
        storage_bytes
      from usage_hours
      where tenant_id = ${tenantId} and hour >= ${from.toISOString()} and hour < ${to.toISOString()}
      union all
      ${openHours(tenantId, from, to)}),
    hours as (
      ${byHour[groupBy](tenantId)}),
    report as (
      select date_trunc(${interval}, hour, 'UTC') as period, key collate "C" as key, sum(evaluations)::bigint as evaluations,
        sum(matches)::bigint as matches, sum(deliveries)::bigint as deliveries,
        sum(rpc_calls_own)::bigint as rpc_calls_own, sum(rpc_calls_shared)::bigint as rpc_calls_shared,
        coalesce(max(storage_bytes), 0)::bigint as storage_bytes
      from hours group by 1, 2)
    select * from report r where ${position} and (${isThere}) order by r.period, r.key limit ${limit}`)
  return rows.map(({ period, key, ...amounts }) => ({
    ...amountsOf(amounts),
    period,
    key: key === '' ? null : key,
  }))
}

const sums = sql`
  sum(evaluations) as evaluations, sum(matches) as matches, sum(deliveries) as deliveries,
  sum(storage_bytes) as storage_bytes`

/** Requests to nodes stand in the rows without a monitor; those of monitors repeat their parts of them. */
const callsOfAll = sql`
  sum(rpc_calls_own) filter (where monitor_id = ${none}) as rpc_calls_own,
  sum(rpc_calls_shared) filter (where monitor_id = ${none}) as rpc_calls_shared`

const byHour: Record<Grouping, (tenantId: string) => RawBuilder<unknown>> = {
  none: () => sql`select hour, '' as key, ${sums}, ${callsOfAll} from facts group by hour`,
  network: () => sql`select hour, network_id as key, ${sums}, ${callsOfAll} from facts group by hour, network_id`,
  monitor: (tenantId) => sql`
    select hour, m.monitor_id as key, ${sums}, sum(rpc_calls_own) as rpc_calls_own,
      sum(rpc_calls_shared) as rpc_calls_shared
    from facts f join monitors m on m.tenant_id = ${tenantId} and m.id = f.monitor_id
    group by hour, m.monitor_id
    union all
    select hour, '' as key, 0, 0, 0, sum(storage_bytes) filter (where monitor_id = ${none}),
      sum(case when monitor_id = ${none} then rpc_calls_own else - rpc_calls_own end),
      sum(case when monitor_id = ${none} then rpc_calls_shared else - rpc_calls_shared end)
    from facts group by hour`,
}

/** Matches and deliveries that were stored since the tenant's hours were closed last. */
function openHours(tenantId: string, from: Date, to: Date): RawBuilder<unknown> {
  const since = sql`greatest(${from.toISOString()}::timestamptz, coalesce(
    (select closed_until from usage_progress where tenant_id = ${tenantId}), '-infinity'))`
  return sql`
    ${countStored(tenantId, { since, until: sql`${to.toISOString()}::timestamptz` })}`
}

/**
 * Matches and deliveries by hour, source and monitor, by the time at which they were stored: a match counts once, however
 * often its block leaves the chain and returns; a delivery once, whatever becomes of it.
 */
export function countStored(
  tenantId: string,
  { since, until }: { since: RawBuilder<unknown>; until: RawBuilder<unknown> },
): RawBuilder<unknown> {
  return sql`
    select date_trunc('hour', s.created_at, 'UTC') as hour, s.source_id, s.monitor_id, max(s.network_id) as network_id,
      0::bigint as evaluations, sum(s.matches)::bigint as matches, sum(s.deliveries)::bigint as deliveries,
      0::bigint as rpc_calls_own, 0::bigint as rpc_calls_shared, null::bigint as storage_bytes
    from (
      select created_at, source_id, monitor_id, network_id, 1 as matches, 0 as deliveries
      from matches where tenant_id = ${tenantId} and created_at >= ${since} and created_at < ${until}
      union all
      select d.created_at, m.source_id, d.monitor_id, m.network_id, 0, 1
      from deliveries d join matches m on m.tenant_id = d.tenant_id and m.id = d.match_id and m.match_at = d.match_at
      where d.tenant_id = ${tenantId} and d.created_at >= ${since} and d.created_at < ${until}) s
    group by 1, 2, 3`
}
