import { Cron } from 'croner'

type Field = { label: string; min: number; max: number; names?: readonly string[]; allowsAny?: boolean }

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const fields: readonly Field[] = [
  { label: 'seconds', min: 0, max: 59 },
  { label: 'minutes', min: 0, max: 59 },
  { label: 'hours', min: 0, max: 23 },
  { label: 'day of month', min: 1, max: 31, allowsAny: true },
  { label: 'month', min: 1, max: 12, names: months },
  { label: 'day of week', min: 1, max: 7, names: weekdays, allowsAny: true },
  { label: 'year', min: 1970, max: 2100 },
]

const shorthands = new Set(['@yearly', '@monthly', '@weekly', '@daily', '@hourly'])

/**
 * Why a schedule is refused, or undefined. It must satisfy both grammars of spec/01 §3.4: the one that decides at load
 * (six or seven fields, weekdays 1 to 7) and the one that schedules (croner).
 */
export function cronProblem(schedule: string): string | undefined {
  if (schedule === '') return 'must be provided, for example "0 */5 * * * *"'
  if (schedule.length > 1000) return 'is longer than 1000 characters'
  if (!shorthands.has(schedule)) {
    const parts = schedule.trim().split(/\s+/)
    if (schedule.startsWith('@')) return `must be one of ${[...shorthands].join(', ')} when it starts with @`
    if (parts.length < 6 || parts.length > 7) {
      return `must have 6 or 7 fields (seconds, minutes, hours, day of month, month, day of week, [year]), not ${parts.length}`
    }
    for (const [index, field] of fields.entries()) {
      const part = parts[index]
      const problem = part === undefined ? undefined : fieldProblem(part, field)
      if (problem !== undefined) return `${field.label}: ${problem}`
    }
  }
  try {
    createCron(schedule)
    return undefined
  } catch {
    return 'cannot be scheduled: use numbers, ranges, lists, steps and three-letter names only'
  }
}

/**
 * Milliseconds between the next two occurrences after `now`, in UTC and with the meaning that schedules (weekdays: 0
 * and 7 are Sunday; day of month and day of week restricted: either may hold). 0 when there are not two. Throws on a
 * schedule that `cronProblem` refuses.
 */
export function cronIntervalMs(schedule: string, now: Date): number {
  const [first, second] = createCron(schedule).nextRuns(2, now)
  return first && second ? second.getTime() - first.getTime() : 0
}

function createCron(schedule: string): Cron {
  // Without sloppyRanges croner refuses `5/10`, which both original parsers accept.
  return new Cron(schedule, { timezone: 'UTC', paused: true, sloppyRanges: true })
}

function fieldProblem(text: string, field: Field): string | undefined {
  for (const item of text.split(',')) {
    const problem = itemProblem(item, field)
    if (problem !== undefined) return problem
  }
  return undefined
}

function itemProblem(item: string, field: Field): string | undefined {
  if (item === '*') return undefined
  if (item === '?') return field.allowsAny ? undefined : '? is allowed only in day of month and day of week'
  const [base = '', step, ...rest] = item.split('/')
  if (rest.length > 0) return 'has more than one /'
  if (step !== undefined) {
    if (!/^\d{1,4}$/.test(step) || Number(step) < 1 || Number(step) > field.max) {
      return `a step must be a number from 1 to ${field.max}`
    }
    if (base === '*') return undefined
  }
  const [from = '', to, ...more] = base.split('-')
  if (more.length > 0) return 'has more than one -'
  const start = pointValue(from, field)
  const end = to === undefined ? start : pointValue(to, field)
  if (start === undefined || end === undefined) return allowed(field)
  if (step !== undefined && to === undefined && !/^\d+$/.test(from))
    return 'a step needs *, a number or a range before it'
  return start > end ? 'a range must not end before it starts' : undefined
}

function pointValue(text: string, { min, max, names }: Field): number | undefined {
  if (/^\d{1,4}$/.test(text)) {
    const value = Number(text)
    return value >= min && value <= max ? value : undefined
  }
  const index = names?.indexOf(text.toLowerCase()) ?? -1
  return index < 0 ? undefined : index + min
}

function allowed({ min, max, names }: Field): string {
  const named = names ? ` or a name from ${names[0]} to ${names.at(-1)}` : ''
  return `must be *, a number from ${min} to ${max}${named}, or a range, list or step of these`
}
