import { z } from 'zod'
import type { Position } from './match-store.ts'

/** A moment as PostgreSQL reads it: of no year 0, and at most 15 hours from UTC. Its microseconds stay. */
export const timeText = z.iso
  .datetime({ offset: true })
  .refine((text) => !text.startsWith('0000') && !/[+-](?:1[6-9]|2\d):\d\d$/.test(text))

/** A list goes by time of creation and id; the time keeps its microseconds. */
export const cursorSchema = z.tuple([timeText, z.guid()])

export function positionOf([createdAt, id]: z.output<typeof cursorSchema>): Position {
  return { createdAt, id }
}

/** Whether a path can name a row at all. */
export function isUuid(text: string): boolean {
  return z.guid().safeParse(text).success
}
