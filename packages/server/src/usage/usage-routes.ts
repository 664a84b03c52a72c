import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import { decodeCursor, encodeCursor, page, pageQuery } from '../tenants/page.ts'
import { tenantRoute, type Route } from '../tenants/route.ts'
import { timeFilter } from '../tenants/time-filter.ts'
import { csvReply, csvType, isCsvWanted } from './csv-reply.ts'
import { listUsage } from './usage-report-store.ts'
import {
  groupings,
  intervals,
  metrics,
  type Grouping,
  type Interval,
  type Metric,
  type UsageQuestion,
  type UsageRow,
} from './usage-report.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
/** How far a question may reach; hours are kept 400 days. */
const reachDays: Record<Interval, number> = { hour: 31, day: 400, month: 400 }
const defaultDays: Record<Interval, number> = { hour: 1, day: 30, month: 365 }
const rowsMax = 10_000

const metricList = z
  .string()
  .max(200)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(metrics)))
  .meta({ description: `Some of ${metrics.join(', ')}, with commas between them; all when absent.` })

const usageQuery = z.object({
  ...pageQuery,
  limit: z.coerce.number().int().min(1).max(rowsMax).default(1_000).meta({ description: 'How many rows at most.' }),
  from: timeFilter.optional().meta({ description: 'Hours that begin at this time or later.' }),
  to: timeFilter.optional().meta({ description: 'Hours that begin before this time; now when absent.' }),
  interval: z.enum(intervals).default('day').meta({ description: 'Hours, days and months of UTC.' }),
  group_by: z.enum(groupings).default('none'),
  metric: metricList.optional(),
  format: z.enum(['json', 'csv']).optional().meta({ description: 'Instead of the header Accept.' }),
})

const amount = z.int().nonnegative().optional()
const usageAnswer = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    items: z.array(
      z.object({
        period: z.iso.datetime().meta({ description: 'When the hour, day or month begins.' }),
        monitor_id: z.string().nullable().optional().meta({ description: 'Null: of no monitor alone.' }),
        network_id: z.string().nullable().optional(),
        evaluations: amount.meta({ description: 'Blocks on which a monitor was evaluated.' }),
        matches: amount,
        deliveries: amount.meta({
          description: 'Alerts, digests and retractions that were made, whatever came of them.',
        }),
        rpc_calls_own: amount.meta({ description: 'Requests to nodes for this tenant alone.' }),
        rpc_calls_shared: amount.meta({
          description: 'The share of the requests of shared networks; of closed hours.',
        }),
        storage_bytes: amount.meta({ description: 'The largest hourly sample of the period.' }),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'Usage', description: 'Oldest period first. What did not happen has no row.' })

const cursorSchema = z.tuple([z.iso.datetime(), z.string().max(200)])

export function createUsageRoutes({ clock }: { clock: Pick<Clock, 'now'> }): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: '/tenants/:slug/usage',
      operationId: 'listUsage',
      summary: 'What the tenant used, by hour, day or month',
      description: 'A CSV of more rows than `limit` names its next page in the header `Link`.',
      tag: 'usage',
      permission: 'usage:read',
      params: z.object({ slug: z.string() }),
      query: usageQuery,
      responses: { 200: usageAnswer },
      otherTypes: csvType,
      handler: async ({ tenant, query, read, accept }) => {
        const { limit, cursor } = query
        const question = questionOf(query, clock.now())
        const [period, key] = cursor === undefined ? [] : decodeCursor(cursor, cursorSchema)
        const after = period === undefined || key === undefined ? undefined : { period, key }
        const rows = await read((tx) => listUsage(tx, tenant.id, { question, after, limit: limit + 1 }))
        const toCursor = (row: UsageRow) => encodeCursor([row.period.toISOString(), row.key ?? ''])
        const { items, next_cursor } = page(rows, limit, toCursor)
        if (isCsvWanted(query.format, accept)) {
          const next = {
            ...query,
            from: question.from.toISOString(),
            to: question.to.toISOString(),
            cursor: next_cursor,
          }
          return csvReply(tableOf(items, question), next_cursor === null ? undefined : next)
        }
        const { from, to } = question
        return {
          status: 200,
          body: {
            from: from.toISOString(),
            to: to.toISOString(),
            items: items.map((row) => itemOf(row, question)),
            next_cursor,
          },
        }
      },
    }),
  ]
}

function questionOf(query: z.output<typeof usageQuery>, now: Date): UsageQuestion {
  const { interval, group_by: groupBy, metric } = query
  const to = wholeHour(query.to === undefined ? now : new Date(query.to))
  const from =
    query.from === undefined ? new Date(to.getTime() - defaultDays[interval] * dayMs) : wholeHour(new Date(query.from))
  if (from >= to) throw invalidRange('`from` has to be before `to`.')
  if (to.getTime() - from.getTime() > reachDays[interval] * dayMs)
    throw invalidRange(`With the interval ${interval} ask for ${reachDays[interval]} days at most.`)
  return { from, to, interval, groupBy, metrics: metrics.filter((one) => metric === undefined || metric.includes(one)) }
}

/** The first hour that begins at this time or later. */
function wholeHour(time: Date): Date {
  return new Date(Math.ceil(time.getTime() / hourMs) * hourMs)
}

function invalidRange(message: string): AppError {
  const errors = [{ parameter: 'from', code: 'invalid_value', message }]
  return new AppError('invalid_request', 'The query has problems.', { details: { errors } })
}

const keyNames = { none: undefined, monitor: 'monitor_id', network: 'network_id' } as const satisfies Record<
  Grouping,
  string | undefined
>

function itemOf(row: UsageRow, { groupBy, metrics: wanted }: UsageQuestion) {
  const name = keyNames[groupBy]
  return {
    period: row.period.toISOString(),
    ...(name === undefined ? {} : { [name]: row.key }),
    ...Object.fromEntries(wanted.map((metric: Metric) => [metric, row[metric]])),
  }
}

function tableOf(rows: readonly UsageRow[], { groupBy, metrics: wanted }: UsageQuestion): (string | number)[][] {
  const name = keyNames[groupBy]
  return [
    ['period', ...(name === undefined ? [] : [name]), ...wanted],
    ...rows.map((row) => [
      row.period.toISOString(),
      ...(name === undefined ? [] : [row.key ?? '']),
      ...wanted.map((metric) => row[metric]),
    ]),
  ]
}
