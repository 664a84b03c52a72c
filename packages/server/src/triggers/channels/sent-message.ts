import { z } from 'zod'

/**
 * What a channel calls a message that it accepted: a few short texts, written and read by its own folder. It comes from a
 * receiver's answer and is stored with the delivery, so that a retraction can answer that message.
 */
export type SentMessage = Readonly<Record<string, string>>

const sentMessage = z
  .record(z.string().min(1).max(32), z.string().max(128))
  .refine((named) => Object.keys(named).length <= 4)

/** What was stored; undefined for nothing and for what has another form. */
export function storedSentMessage(value: unknown): SentMessage | undefined {
  return sentMessage.safeParse(value).data
}

/** What a channel's schema finds in an answer in JSON; undefined when it finds nothing. */
export function sentMessageIn<Found>(body: string, schema: z.ZodType<Found>): Found | undefined {
  try {
    return schema.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}
