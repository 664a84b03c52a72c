import { z } from 'zod'
import type { Position } from './match-store.ts'

/** An instant with its offset from UTC. */
export const timeText = z.iso.datetime({ offset: true })

/** A list goes by time of creation and id; the time keeps its microseconds. */
export const cursorSchema = z.tuple([timeText, z.guid()])

export function positionOf([createdAt, id]: z.output<typeof cursorSchema>): Position {
  return { createdAt, id }
}

/** Whether a path can name a row at all. */
export function isUuid(text: string): boolean {
  return z.guid().safeParse(text).success
}
