/** What is reported; the order of columns. Counts are sums, `storage_bytes` is the largest of the hourly samples. */
export const metrics = [
  'evaluations',
  'matches',
  'deliveries',
  'rpc_calls_own',
  'rpc_calls_shared',
  'storage_bytes',
] as const
export type Metric = (typeof metrics)[number]

export const intervals = ['hour', 'day', 'month'] as const
export type Interval = (typeof intervals)[number]

export const groupings = ['none', 'monitor', 'network'] as const
export type Grouping = (typeof groupings)[number]

export type UsageRow = Record<Metric, number> & {
  /** When the hour, day or month (UTC) begins. */
  period: Date
  /** The monitor_id or network_id; null for what is of none, and always without a grouping. */
  key: string | null
}

export type UsageQuestion = {
  /** Hours that begin at `from` or later and before `to`; both are whole hours. */
  from: Date
  to: Date
  interval: Interval
  groupBy: Grouping
  metrics: readonly Metric[]
}

/** Sums as the database writes them. */
export function amountsOf(amounts: Record<Metric, string>): Record<Metric, number> {
  const entries = metrics.map((metric) => [metric, Number(amounts[metric])] as const)
  return Object.fromEntries(entries) as Record<Metric, number>
}
