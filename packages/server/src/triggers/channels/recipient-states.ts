import { z } from 'zod'

/**
 * What became of recipients where a message has several: these need it no more. `refused` is for good. Whoever is not
 * named still has to get it.
 */
export type RecipientStates = Readonly<Record<string, 'accepted' | 'refused'>>

const recipientStates = z.record(z.string(), z.enum(['accepted', 'refused']))

/** What was stored; undefined for nothing and for what has another form. */
export function storedRecipients(value: unknown): RecipientStates | undefined {
  return recipientStates.safeParse(value).data
}

export function hasAccepted(recipients: RecipientStates = {}): boolean {
  return Object.values(recipients).includes('accepted')
}

export function refusedIn(recipients: RecipientStates = {}): string[] {
  return Object.entries(recipients).flatMap(([recipient, state]) => (state === 'refused' ? [recipient] : []))
}
