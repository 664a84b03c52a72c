const encoder = new TextEncoder()

/** Length in UTF-8 bytes, the unit of every length limit in the format. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length
}

/** Whether nothing but white space is there (Unicode White_Space, which is not quite what `trim` removes). */
export function isBlank(text: string): boolean {
  return !/\P{White_Space}/u.test(text)
}

/** Whether a control character occurs that `allowed` does not hold. */
export function hasControlCharacter(text: string, allowed = ''): boolean {
  for (const [character] of text.matchAll(/\p{Cc}/gu)) if (!allowed.includes(character)) return true
  return false
}
