import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import { AppError } from '../platform/errors.ts'
import { toCsv } from './csv.ts'
import { metrics } from './usage-report.ts'
import {
  listSummaries,
  type SummaryInterval,
  type SummaryPosition,
  type SummaryQuestion,
  type SummaryRow,
} from './usage-summary-store.ts'

export type SummaryRange = {
  interval: SummaryInterval
  from: Date | undefined
  to: Date | undefined
  slug: string | undefined
}

/** Usage of all tenants by day or month, for operators: as of the last hour that was closed. */
export type UsageSummaries = {
  /** By default the last 30 days or 12 months. Throws AppError `invalid_request` for a range that is none. */
  list(
    range: SummaryRange,
    page: { after: SummaryPosition | undefined; limit: number },
  ): Promise<{ rows: SummaryRow[]; question: SummaryQuestion }>
}

const dayMs = 86_400_000
const defaultDays: Record<SummaryInterval, number> = { day: 30, month: 365 }

export function createUsageSummaries({
  database,
  clock,
}: {
  database: Pick<Database, 'withPlatform'>
  clock: Pick<Clock, 'now'>
}): UsageSummaries {
  return {
    list: async (range, page) => {
      const question = questionOf(range, clock.now())
      return { rows: await database.withPlatform((tx) => listSummaries(tx, { question, ...page })), question }
    },
  }
}

function questionOf({ interval, slug, ...range }: SummaryRange, now: Date): SummaryQuestion {
  const to = range.to ?? now
  const from = range.from ?? new Date(to.getTime() - defaultDays[interval] * dayMs)
  if (from >= to) {
    const message = '`from` has to be before `to`.'
    const errors = [{ parameter: 'from', code: 'invalid_value', message }]
    throw new AppError('invalid_request', message, { details: { errors } })
  }
  return { interval, from, to, slug }
}

export function summaryCsv(rows: readonly SummaryRow[]): string {
  return toCsv(summaryTable(rows))
}

export function summaryTable(rows: readonly SummaryRow[]): (string | number)[][] {
  return [
    ['period', 'tenant', ...metrics],
    ...rows.map((row) => [row.period.toISOString(), row.slug, ...metrics.map((metric) => row[metric])]),
  ]
}
