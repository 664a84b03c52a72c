import { z } from 'zod'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from '../tenants/page.ts'
import { operatorRoute, type Route } from '../tenants/route.ts'
import { timeFilter } from '../tenants/time-filter.ts'
import { csvReply, csvType, isCsvWanted } from './csv-reply.ts'
import { metrics } from './usage-report.ts'
import { summaryTable, type UsageSummaries } from './usage-summary-service.ts'

const rowsMax = 10_000
const amount = z.int().nonnegative()
const summaryAnswer = z
  .object({
    period: z.iso.datetime().meta({ description: 'When the day or month begins.' }),
    tenant: z.string().meta({ description: 'The slug.' }),
    evaluations: amount,
    matches: amount,
    deliveries: amount,
    rpc_calls_own: amount,
    rpc_calls_shared: amount,
    storage_bytes: amount,
  })
  .meta({ id: 'UsageSummary', description: 'What a tenant used, as of the last hour that was closed.' })

const summaryQuery = z.object({
  ...pageQuery,
  limit: z.coerce.number().int().min(1).max(rowsMax).default(1_000).meta({ description: 'How many rows at most.' }),
  from: timeFilter.optional().meta({ description: 'Days or months that begin at this time or later.' }),
  to: timeFilter.optional().meta({ description: 'Days or months that begin before this time; now when absent.' }),
  interval: z.enum(['day', 'month']).default('day').meta({ description: 'Days and months of UTC.' }),
  tenant: z.string().max(63).optional().meta({ description: 'The slug of one tenant.' }),
  format: z.enum(['json', 'csv']).optional().meta({ description: 'Instead of the header Accept.' }),
})

const cursorSchema = z.tuple([z.iso.datetime(), z.string().max(63)])

export function createOperatorUsageRoutes(summaries: UsageSummaries): Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/operator/usage',
      operationId: 'listOperatedUsage',
      summary: 'What each tenant used, by day or month',
      description:
        'Oldest first, then by slug. A CSV of more rows than `limit` names its next page in the header `Link`.',
      tag: 'operator',
      query: summaryQuery,
      responses: { 200: pageAnswer(summaryAnswer) },
      otherTypes: csvType,
      handler: async ({ query, accept }) => {
        const { limit, cursor, interval, tenant } = query
        const [period, slug] = cursor === undefined ? [] : decodeCursor(cursor, cursorSchema)
        const after = period === undefined || slug === undefined ? undefined : { period, slug }
        const range = { interval, slug: tenant, from: dateOf(query.from), to: dateOf(query.to) }
        const { rows, question } = await summaries.list(range, { after, limit: limit + 1 })
        const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.period.toISOString(), row.slug]))
        if (isCsvWanted(query.format, accept)) {
          const { from, to } = question
          const next = { ...query, from: from.toISOString(), to: to.toISOString(), cursor: next_cursor }
          return csvReply(summaryTable(items), next_cursor === null ? undefined : next)
        }
        const body = {
          items: items.map((row) => ({
            period: row.period.toISOString(),
            tenant: row.slug,
            ...Object.fromEntries(metrics.map((metric) => [metric, row[metric]])),
          })),
          next_cursor,
        }
        return { status: 200, body }
      },
    }),
  ]
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}
