import type { TemplatePart } from '@smt/engine'
import { defuseParts, withLookalikes } from '../defuse.ts'
import { joinParts, text, type MessageParts } from '../message-parts.ts'
import { shorten } from '../shorten.ts'

/** Characters of a message's content. */
export const discordTextMax = 2_000

/**
 * `*title*`, an empty line, the body (spec/02 §3.5). What the template says is sent as it is; in values nothing is left that
 * Discord would read as a mention, a link or markup.
 */
export function discordText({ title, body }: MessageParts): string {
  const parts = defuseParts([text('*'), ...title, text('*\n\n'), ...body]).map(escapePart)
  return joinParts(shorten(parts, discordTextMax, (part) => part.text.length))
}

function escapePart(part: TemplatePart): TemplatePart {
  return part.kind === 'value' ? { kind: 'value', text: escapeValue(part.text) } : part
}

/** `<@1>`, `<t:1>` and `[a](b)` are broken by a word joiner: a backslash would be seen inside of code. */
function escapeValue(value: string): string {
  return withLookalikes(value).replace(/[<\]]/g, '$&\u2060')
}
