/** Unicode White_Space, which differs from what JavaScript trims by U+0085 and U+FEFF (spec/03 §6.2, §6.4). */
export function isWhitespace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  )
}

/** A loop and no pattern: a pattern for trailing whitespace takes quadratic time on runs of it elsewhere. */
export function trimWhitespace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isWhitespace(text.charCodeAt(start))) start += 1
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

const whitespaceRuns = /\p{White_Space}+/gu

export function removeWhitespace(text: string): string {
  return hasWhitespace(text) ? text.replace(whitespaceRuns, '') : text
}

function hasWhitespace(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (isWhitespace(text.charCodeAt(index))) return true
  return false
}
