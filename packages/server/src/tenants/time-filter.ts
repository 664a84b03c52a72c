import { z } from 'zod'

/** An instant with its offset from UTC, as PostgreSQL reads every one of them: in UTC and of the years 1 to 9999. */
export const timeFilter = z.iso
  .datetime({ offset: true })
  .transform((text, context) => {
    const time = new Date(text)
    const utc = Number.isNaN(time.getTime()) ? '' : time.toISOString()
    if (/^\d{4}-/.test(utc) && !utc.startsWith('0000')) return utc
    context.addIssue({ code: 'custom', message: 'The time is out of range.' })
    return z.NEVER
  })
  .meta({ description: 'An instant, such as 2026-11-24T12:00:00Z.' })
