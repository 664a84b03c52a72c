import type { TemplatePart } from '@smt/engine'
import MarkdownIt from 'markdown-it'
import { defuse } from '../defuse.ts'
import { joinParts } from '../message-parts.ts'

/** The HTML that the template's own tags are part of (spec/02 §4.3). */
const markdown = new MarkdownIt({ html: true, linkify: false, typographer: true })

/**
 * The body as HTML: the template is Markdown and may hold HTML, as in OZ Monitor (spec/02 §4.3); values are neither. Each
 * stands as one word while the template is converted, and is escaped where that word ends up: as text, or within a tag (the
 * address of a link, say) percent-encoded, so that it begins no address.
 */
export function htmlBody(parts: readonly TemplatePart[]): string {
  const template = joinParts(parts.filter(({ kind }) => kind === 'text'))
  let seed = 0
  // A digit first: no tag has such a name. Letters after it: no list begins so.
  while (template.includes(`0v${seed}x`)) seed += 1
  const words = new Map<string, TemplatePart>()
  const source = parts.map((part) => {
    if (part.kind === 'text') return part.text
    const word = `0v${seed}x${words.size}z`
    words.set(word, part)
    return word
  })
  const pattern = new RegExp(`0v${seed}x\\d+z`, 'g')
  return markdown
    .render(source.join(''))
    .split(/(<[^>]*>)/)
    .map((piece, index) =>
      piece.replace(pattern, (word) => {
        const part = words.get(word)
        if (part === undefined) return word
        if (part.kind === 'link') return escapeHtml(part.text)
        const value = defuse(part.text)
        return index % 2 === 1 ? encodeURIComponent(value) : escapeHtml(value)
      }),
    )
    .join('')
}

/** The same for readers without HTML: the template as it is written. */
export function textBody(parts: readonly TemplatePart[]): string {
  return parts.map((part) => (part.kind === 'value' ? defuse(part.text) : part.text)).join('')
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
