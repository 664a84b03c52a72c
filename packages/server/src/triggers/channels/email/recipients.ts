import type { Verdict } from '../channel.ts'
import { hasAccepted, refusedIn, type RecipientStates } from '../recipient-states.ts'
import type { SmtpReply } from './smtp.ts'

/** The address in `Name <address>`, or what is one already. */
export function addressOf(recipient: string): string {
  return (/<([^<>]+)>\s*$/.exec(recipient)?.[1] ?? recipient).trim()
}

/**
 * Who still has to get a message. When nobody of those that the trigger names is left, it was changed meanwhile: then
 * everybody it names now.
 */
export function recipientsLeft(recipients: readonly string[], before: RecipientStates = {}): string[] {
  const addresses = [...new Set(recipients.map(addressOf))]
  const left = addresses.filter((address) => before[address] === undefined)
  return left.length > 0 ? left : addresses
}

/** What a reply means for the message as a whole, and who is left. */
export function judgeReply(
  { accepted, refused }: SmtpReply,
  before: RecipientStates = {},
): { verdict: Verdict; left: string[]; recipients: RecipientStates } {
  const isFinal = (code: number) => code >= 500
  const left = [...refused].flatMap(([recipient, code]) => (isFinal(code) ? [] : [recipient]))
  const recipients: RecipientStates = {
    ...before,
    ...Object.fromEntries(accepted.map((recipient) => [recipient, 'accepted'] as const)),
    ...Object.fromEntries([...refused].flatMap(([to, code]) => (isFinal(code) ? [[to, 'refused'] as const] : []))),
  }
  const failed = { outcome: 'failed', status: null, retryAfterMs: 0 } as const
  if (left.length > 0) return { verdict: { ...failed, errorClass: 'smtp_4xx', repeat: 'soon' }, left, recipients }
  if (!hasAccepted(recipients))
    return { verdict: { ...failed, errorClass: 'smtp_5xx', repeat: 'never' }, left, recipients }
  const partly = refusedIn(recipients).length > 0 ? { recipients } : undefined
  return { verdict: { outcome: 'delivered', status: null, partly }, left, recipients }
}
