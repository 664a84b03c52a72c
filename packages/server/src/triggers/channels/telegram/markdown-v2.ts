/** Whether Telegram accepts a text as MarkdownV2: every reserved character escaped or part of an entity that ends. */
export function isMarkdownV2(text: string): boolean {
  const open: string[] = []
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at)
    const top = open.at(-1)
    if (character === '\\') {
      if (at + 1 >= text.length || text.charCodeAt(at + 1) > 126) continue
      at += 1
      continue
    }
    const token = tokenAt(text, at)
    if (top === '`' || top === '```') {
      // What stands in code is not looked at; a single backtick inside of a block begins nothing that we rely on.
      if (character !== '`') continue
      if (token !== top) return false
      open.pop()
    } else if (token === undefined) {
      continue
    } else if (token === ']') {
      if (top !== '[') return false
      open.pop()
      if (text.charAt(at + 1) !== '(') return false
      const end = endOfUrl(text, at + 2)
      if (end === undefined) return false
      at = end
      continue
    } else if (token === top && token !== '[') {
      open.pop()
    } else if (openers.has(token)) {
      if (open.includes(token)) return false
      open.push(token)
    } else {
      return false
    }
    at += token.length - 1
  }
  return open.length === 0
}

const openers: ReadonlySet<string> = new Set(['*', '_', '__', '~', '||', '`', '```', '['])

function tokenAt(text: string, at: number): string | undefined {
  for (const long of ['```', '__', '||']) if (text.startsWith(long, at)) return long
  const character = text.charAt(at)
  return '_*[]()~`>#+-=|{}.!'.includes(character) ? character : undefined
}

function endOfUrl(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1
    else if (text.charAt(at) === ')') return at
  }
  return undefined
}
