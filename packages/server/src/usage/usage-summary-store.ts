import { sql, type PlatformTx } from '../platform/db/tx.ts'
import { amountsOf, type Metric } from './usage-report.ts'

const refreshTimeoutMs = 600_000

/** Brings the summaries of all tenants to what is stored now; those who read them meanwhile see what they were. */
export async function refreshSummaries(tx: PlatformTx): Promise<void> {
  await tx.execute(sql`select set_config('statement_timeout', ${String(refreshTimeoutMs)}, true)`)
  await tx.execute(sql`select app.refresh_usage_summaries()`)
}

export type SummaryInterval = 'day' | 'month'

export type SummaryQuestion = {
  interval: SummaryInterval
  /** Periods that begin at `from` or later and before `to`. */
  from: Date
  to: Date
  /** One tenant only. */
  slug: string | undefined
}

export type SummaryRow = Record<Metric, number> & { period: Date; slug: string }

export type SummaryPosition = { period: string; slug: string }

const views = {
  day: sql`select day as period, s.* from app.usage_daily s`,
  month: sql`select month as period, s.* from app.usage_monthly s`,
} as const satisfies Record<SummaryInterval, unknown>

/** What each tenant used, as of the last refresh: oldest period first, then by slug. */
export async function listSummaries(
  tx: PlatformTx,
  { question, after, limit }: { question: SummaryQuestion; after: SummaryPosition | undefined; limit: number },
): Promise<SummaryRow[]> {
  const { interval, from, to, slug } = question
  const position =
    after === undefined
      ? sql`true`
      : sql`(s.period, t.slug) > (${after.period}::timestamptz, ${after.slug} collate "C")`
  const rows = await tx.rows(sql<Record<Metric, string> & { period: Date; slug: string }>`
    select s.period, t.slug, s.evaluations, s.matches, s.deliveries, s.rpc_calls_own, s.rpc_calls_shared, s.storage_bytes
    from (${views[interval]}) s join tenants t on t.id = s.tenant_id
    where s.period >= ${from.toISOString()} and s.period < ${to.toISOString()}
      and (${slug ?? null}::text is null or t.slug = ${slug ?? null}) and ${position}
    order by s.period, t.slug collate "C" limit ${limit}`)
  return rows.map(({ period, slug: name, ...amounts }) => ({ ...amountsOf(amounts), period, slug: name }))
}
