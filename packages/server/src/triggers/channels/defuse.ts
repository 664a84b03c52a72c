import type { TemplatePart } from '@smt/engine'

/** U+2060, which is not seen and ends whatever a service would recognise. */
const joiner = '\u2060'

/**
 * A value that stays on its line and in which no service finds a mention, a tag, a command, an emoji or an address to link:
 * line breaks become `⏎`, other control characters and those that turn the direction of writing `�`, and an invisible word
 * joiner stands after `@`, `#`, `$`, after the colon of `://` and after the dot before a letter. Hashes, addresses, numbers
 * and signatures stay as they are.
 */
export function defuse(value: string): string {
  return value
    .replace(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/g, '⏎')
    .replace(/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\ue000\ue001]/gu, '�')
    .replace(/[@#$]|:(?=\/\/|$|[\w+'-]+:)|\.(?=\p{L}|$)|(?<=^|\s)\//gu, `$&${joiner}`)
}

/** The values among the parts, defused. */
export function defuseParts(parts: readonly TemplatePart[]): TemplatePart[] {
  return parts.map((part) => (part.kind === 'value' ? { kind: 'value', text: defuse(part.text) } : part))
}

/**
 * Characters that mark up text, for services without an escape for them that holds everywhere: each is replaced by one that
 * looks alike. An underscore between letters or digits marks nothing and stays.
 */
export function withLookalikes(value: string): string {
  return value
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '＿')
    .replace(/[*~`|\\]/g, (character) => lookalikes.get(character) ?? character)
    .replace(/^(?=[-+>])/, joiner)
}

const lookalikes = new Map([
  ['*', '∗'],
  ['~', '∼'],
  ['`', 'ˋ'],
  ['|', '∣'],
  ['\\', '⧵'],
])
