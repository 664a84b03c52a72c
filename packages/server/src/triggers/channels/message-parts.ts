import { matchVariables, renderTemplateParts, type TemplatePart, TemplateTooLongError } from '@smt/engine'
import { ChannelError, type Alert } from './channel.ts'
import { digestIntroduction } from './digest-text.ts'

type Message = { title: string; body: string }

/** What a message says, in parts: what is a value must not become markup, a link or a mention. */
export type MessageParts = { title: TemplatePart[]; body: TemplatePart[] }

/**
 * Title and body of an alert, rendered. The title of a retraction begins with `Retracted: `; the body of a digest with
 * `<n> matches of <monitor> in block <number>, the first: `, or with what it gathered.
 *
 * @throws ChannelError when the values of the match make the text longer than can be sent.
 */
export function messageParts(message: Message, { match, facts, digest, isRetraction }: Alert): MessageParts {
  const variables = matchVariables(match, facts)
  const title = render(message.title, variables)
  const body = render(message.body, variables)
  return {
    title: isRetraction === true ? [text('Retracted: '), ...title] : title,
    body: digest === undefined ? body : [...digestIntroduction(digest), ...body],
  }
}

/** Title and body as text, values as they are. */
export function messageText(message: Message, alert: Alert): Message {
  const { title, body } = messageParts(message, alert)
  return { title: joinParts(title), body: joinParts(body) }
}

export function joinParts(parts: readonly TemplatePart[]): string {
  return parts.map((part) => part.text).join('')
}

export function text(content: string): TemplatePart {
  return { kind: 'text', text: content }
}

function render(template: string, variables: ReadonlyMap<string, string>): TemplatePart[] {
  try {
    return renderTemplateParts(template, variables)
  } catch (error) {
    if (error instanceof TemplateTooLongError) throw new ChannelError('message_too_long', error.message)
    throw error
  }
}
