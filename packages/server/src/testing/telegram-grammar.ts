/** What a text shows in Telegram, and the addresses of its links. */
export type Parsed = { visible: string; links: string[] }

/**
 * Reads MarkdownV2 as the Bot API describes it, written without a look at the product's own check: recursive, entity by
 * entity. Throws where Telegram answers 400 "can't parse entities".
 */
export function parseTelegram(source: string): Parsed {
  let position = 0
  const links: string[] = []
  const peek = (text: string) => source.startsWith(text, position)
  const fail = (): never => {
    throw new Error(`can't parse entities at ${position} of ${JSON.stringify(source)}`)
  }

  const escapedOne = (): string | undefined => {
    const next = source.codePointAt(position + 1)
    if (!peek('\\') || next === undefined || next > 126) return undefined
    position += 2
    return String.fromCodePoint(next)
  }

  const code = (fence: string): string => {
    let shown = ''
    while (!peek(fence)) {
      if (position >= source.length || peek('`')) fail()
      shown += escapedOne() ?? source.charAt(position++)
    }
    position += fence.length
    return shown
  }

  const address = (): string => {
    let url = ''
    while (!peek(')')) {
      if (position >= source.length) fail()
      url += escapedOne() ?? source.charAt(position++)
    }
    position += 1
    return url
  }

  const content = (end: string): string => {
    let shown = ''
    for (;;) {
      if (end === '' ? position >= source.length : peek(end) && !(end === '_' && peek('__'))) {
        position += end.length
        return shown
      }
      if (position >= source.length) fail()
      const escaped = escapedOne()
      if (escaped !== undefined) {
        shown += escaped
        continue
      }
      const fence = ['```', '`'].find(peek)
      if (fence !== undefined) {
        position += fence.length
        shown += code(fence)
        continue
      }
      const mark = ['__', '||', '*', '_', '~'].find(peek)
      if (mark !== undefined) {
        position += mark.length
        shown += content(mark)
        continue
      }
      if (peek('[')) {
        position += 1
        shown += content(']')
        if (!peek('(')) fail()
        position += 1
        links.push(address())
        continue
      }
      if (/[\])(>#+\-=|{}.!]/.test(source.charAt(position))) fail()
      shown += source.charAt(position++)
    }
  }

  return { visible: content(''), links }
}
