import type { TemplatePart } from '@smt/engine'
import { defuseParts, withLookalikes } from '../defuse.ts'
import { joinParts, text, type MessageParts } from '../message-parts.ts'
import { shorten } from '../shorten.ts'

/** A section takes no more (Slack, Block Kit: text object of a section). */
export const slackTextMax = 3_000

/**
 * `*title*`, an empty line, the body (spec/02 §3.4). What the template says is sent as it is, mentions and links included;
 * in values nothing is left that Slack would read as a mention, a link or markup.
 */
export function slackText({ title, body }: MessageParts): string {
  const parts = defuseParts([text('*'), ...title, text('*\n\n'), ...body]).map(escapePart)
  return joinParts(shorten(parts, slackTextMax, sizeOf).map(encodePart))
}

function escapePart(part: TemplatePart): TemplatePart {
  return part.kind === 'value' ? { kind: 'value', text: withLookalikes(part.text) } : part
}

function encodePart(part: TemplatePart): TemplatePart {
  if (part.kind === 'text') return part
  return { ...part, text: part.text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') }
}

function sizeOf(part: TemplatePart): number {
  return encodePart(part).text.length
}
