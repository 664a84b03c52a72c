import type { TemplatePart } from '@smt/engine'
import { isMarkdownV2 } from './markdown-v2.ts'

/** UTF-16 units of a message, after its entities are parsed. */
export const telegramTextMax = 4_096

const valueMark = '\ue000'
const linkMark = '\ue001'
const special = /[_*[\]()~`>#+\-=|{}.!\\]/g
/** What the escape function of spec/02 §3.6 copies, in its order; the last is a link. */
const markup = /```[^]*?```|`[^`]*`|\*[^*]*\*|_[^_]*_|~[^~]*~|\[([^\]]+)\]\(([^)]+)\)/g

type Style = 'verbatim' | 'escaped' | 'literal'

/**
 * The escape function of spec/02 §3.6 with values that are no part of the markup: each stands for one character while
 * the template is scanned. Where Telegram would refuse what OZ Monitor sends, the insides of the markup are escaped too; and
 * where that is not enough, everything.
 */
export function telegramMarkdown(parts: readonly TemplatePart[], { inBold = false } = {}): string {
  for (const style of ['verbatim', 'escaped'] as const) {
    const written = write(parts, style)
    if (isMarkdownV2(inBold ? `*${written}*` : written)) return written
  }
  return write(parts, 'literal')
}

function write(parts: readonly TemplatePart[], style: Style): string {
  const values = parts.filter(({ kind }) => kind !== 'text').map((part) => part.text)
  let next = 0
  const fill = (shadow: string, escapeText: (text: string) => string, escapeValue: (text: string) => string): string =>
    shadow
      .split(/([\ue000\ue001])/)
      .map((piece, index) => {
        if (index % 2 === 0) return escapeText(piece)
        next += 1
        return escapeValue(values[next - 1] ?? '')
      })
      .join('')
  const plain = (shadow: string) => fill(shadow, escapeAll, escapeAll)

  const shadow = parts.map(shadowOf).join('')
  if (style === 'literal') return plain(shadow)
  let written = ''
  let from = 0
  for (const found of shadow.matchAll(markup)) {
    const { 0: whole, 1: label, 2: url, index } = found
    written += plain(shadow.slice(from, index))
    from = index + whole.length
    if (label !== undefined && url !== undefined) {
      written += isOwnLink(url) ? `[${plain(label)}](${plain(url)})` : plain(whole)
    } else if (whole.startsWith('`')) {
      const fence = whole.startsWith('```') ? '```' : '`'
      const inside = whole.slice(fence.length, -fence.length)
      written += fence + fill(inside, style === 'verbatim' ? unchanged : escapeCode, escapeCode) + fence
    } else if (style === 'verbatim' && leadsWhereTheTemplateSays(whole)) {
      written += fill(whole, unchanged, escapeAll)
    } else {
      const [mark] = whole
      // Two underscores are not an empty entity but the start of another one.
      written += whole === '__' ? plain(whole) : `${mark}${plain(whole.slice(1, -1))}${mark}`
    }
  }
  return written + plain(shadow.slice(from))
}

function shadowOf(part: TemplatePart): string {
  if (part.kind !== 'text') return part.kind === 'value' ? valueMark : linkMark
  return part.text.replace(/[\ue000\ue001]/g, '\ufffd')
}

/** Whether the template says where a link leads: a value may follow its host, but neither be nor change it. */
function isOwnLink(url: string): boolean {
  return !url.includes(valueMark) || url.startsWith(linkMark) || /^https?:\/\/[^/?#\ue000\ue001]+[/?#]/.test(url)
}

/** Whether every link inside other markup ends there and is the template's own. */
function leadsWhereTheTemplateSays(markedUp: string): boolean {
  return [...markedUp.matchAll(/\]\(/g)].every(({ index }) => {
    const url = /^((?:\\[^]|[^)\\])*)\)/.exec(markedUp.slice(index + 2))?.[1]
    return url !== undefined && isOwnLink(url)
  })
}

function escapeAll(text: string): string {
  return text.replace(special, String.raw`\$&`)
}

function escapeCode(text: string): string {
  return text.replace(/[`\\]/g, String.raw`\$&`)
}

function unchanged(text: string): string {
  return text
}
