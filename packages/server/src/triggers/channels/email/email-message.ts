import type { ChannelConfig } from '@smt/engine'
import type { Alert, Sending } from '../channel.ts'
import { messageId, retractionId } from '../message-id.ts'
import { messageParts } from '../message-parts.ts'
import { cutText } from '../shorten.ts'
import { htmlBody, textBody } from './email-body.ts'

export type EmailMessage = {
  from: string
  replyTo: string
  to: string[]
  subject: string
  html: string
  text: string
  date: Date
  messageId: string
  /** Of a retraction: the message that it takes back, so that readers see both together. */
  inReplyTo?: string
  references?: string
  headers: Record<string, string>
}

const subjectLengthMax = 250

/**
 * One message to all recipients, who see each other, as in OZ Monitor (spec/02 §4.2). Unlike there the subject is a template
 * too, and the HTML has a plain text beside it. Its Message-ID is the delivery's, so that a repeat can be told.
 */
export function emailMessage(
  config: ChannelConfig<'email'>,
  alert: Alert,
  { deliveryId, partId, now }: Sending,
): EmailMessage {
  const { title, body } = messageParts(config.message, alert)
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(config.sender)?.[1] ?? 'localhost'
  const alertId = `<${messageId(deliveryId)}@${domain}>`
  const isRetraction = alert.isRetraction === true
  return {
    from: config.sender,
    replyTo: config.sender,
    to: config.recipients,
    // oxlint-disable-next-line no-control-regex -- a subject is one line
    subject: cutText(textBody(title).replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]+/g, ' '), subjectLengthMax),
    html: htmlBody(body),
    text: textBody(body),
    date: now,
    messageId: isRetraction ? `<${retractionId(deliveryId, partId)}@${domain}>` : alertId,
    ...(isRetraction ? { inReplyTo: alertId, references: alertId } : {}),
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}
