import { JsonSyntaxError } from './json-syntax-error.ts'

/**
 * One pass over the text without recursion, before the parser: refuses nesting beyond `maxDepth`, repeated keys (which
 * the parser lets pass when the values are equal) and half surrogate pairs. All other errors are left to the parser.
 */
export function scanJson(text: string, maxDepth: number): void {
  const half = /\p{Surrogate}/u.exec(text)
  if (half) throw new JsonSyntaxError(`Half a surrogate pair at position ${half.index}`, { position: half.index })
  const keysByLevel: (Set<string> | undefined)[] = []
  for (let position = 0; position < text.length; position += 1) {
    const code = text.charCodeAt(position)
    if (code === quote) {
      const end = endOfString(text, position)
      const literal = text.slice(position, end)
      if (literal.includes('\\u') && /\p{Surrogate}/u.test(readString(literal) ?? '')) {
        throw new JsonSyntaxError(`Half a surrogate pair in a string at position ${position}`, { position })
      }
      const keys = keysByLevel.at(-1)
      if (keys && isFollowedByColon(text, end)) addKey(keys, readString(literal), position)
      position = end - 1
    } else if (code === openingBrace || code === openingBracket) {
      keysByLevel.push(code === openingBrace ? new Set() : undefined)
      if (keysByLevel.length > maxDepth) {
        throw new JsonSyntaxError(`Nested deeper than ${maxDepth} levels at position ${position}`, { position })
      }
    } else if (code === closingBrace || code === closingBracket) keysByLevel.pop()
  }
}

const quote = 0x22
const backslash = 0x5c
const openingBrace = 0x7b
const closingBrace = 0x7d
const openingBracket = 0x5b
const closingBracket = 0x5d

function addKey(keys: Set<string>, key: string | undefined, position: number): void {
  if (key === undefined) return
  if (keys.has(key))
    throw new JsonSyntaxError(`Duplicate key ${JSON.stringify(key)} at position ${position}`, { position })
  keys.add(key)
}

/** The offset after the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let position = start + 1
  while (position < text.length) {
    const code = text.charCodeAt(position)
    if (code === quote) return position + 1
    position += code === backslash ? 2 : 1
  }
  return text.length
}

function readString(literal: string): string | undefined {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    const value: unknown = JSON.parse(literal)
    return typeof value === 'string' ? value : undefined
  } catch {
    // Not a string the parser will accept; its message is the better one.
    return undefined
  }
}

function isFollowedByColon(text: string, start: number): boolean {
  const pattern = /[ \t\n\r]*:/y
  pattern.lastIndex = start
  return pattern.test(text)
}
