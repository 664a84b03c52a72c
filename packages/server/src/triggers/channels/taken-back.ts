import type { TemplatePart } from '@smt/engine'
import type { Alert } from './channel.ts'
import { messageParts, text, type MessageParts } from './message-parts.ts'

/**
 * Title and body for a chat. The body of a retraction begins with what it takes back, so that people find it: when that was
 * sent, the id of its delivery, and its address when the service gave one.
 *
 * @throws ChannelError when the values of the match make the text longer than can be sent.
 */
export function chatParts(message: { title: string; body: string }, alert: Alert, link?: string): MessageParts {
  const { title, body } = messageParts(message, alert)
  return { title, body: [...takenBack(alert, link), ...body] }
}

function takenBack({ takesBack }: Alert, link: string | undefined): TemplatePart[] {
  if (takesBack === undefined) return []
  const { deliveryId, sentAt } = takesBack
  const when = sentAt === undefined ? '' : ` of ${sentAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const where: TemplatePart[] = link === undefined ? [] : [text(': '), { kind: 'link', text: link }]
  return [text(`Takes back the message${when} (delivery ${deliveryId})`), ...where, text('\n')]
}
