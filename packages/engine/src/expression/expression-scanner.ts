/** A place in the source that only moves forward, so scanning is linear in the length of the text. */
export type ExpressionScanner = {
  readonly text: string
  position: number
}

/** Consumes the token when the text continues with it. The pattern must be sticky. */
export function take(scanner: ExpressionScanner, pattern: RegExp): string | undefined {
  const token = peek(scanner, pattern)
  if (token !== undefined) scanner.position += token.length
  return token
}

export function peek({ text, position }: ExpressionScanner, pattern: RegExp): string | undefined {
  pattern.lastIndex = position
  return pattern.exec(text)?.[0]
}

export function skipSpaces(scanner: ExpressionScanner): void {
  while (scanner.text[scanner.position] === ' ' || scanner.text[scanner.position] === '\t') scanner.position += 1
}

export function isAtEnd({ text, position }: ExpressionScanner): boolean {
  return position >= text.length
}

/**
 * A text of its own. The engine's slice of the source would keep the whole source in memory, and is compared on a slow path.
 */
export function copyText(slice: string): string {
  return slice.split('').join('')
}

const keywords = new Set(['true', 'false', 'and', 'or', 'contains', 'starts_with', 'ends_with'])

export function isKeyword(word: string): boolean {
  return keywords.has(word.toLowerCase())
}

/** Every repetition is of one character class and is followed by nothing, so none of these can backtrack. */
export const token = {
  identifier: /[A-Za-z_][A-Za-z0-9_]*/y,
  digits: /[0-9]+/y,
  bareword: /[A-Za-z0-9_-]+/y,
  unquoted: /[A-Za-z0-9_.+-]+/y,
  and: /and/iy,
  or: /or/iy,
  comparator: /contains|starts_with|ends_with|>=|<=|==|!=|>|</iy,
  afterDigits: /[[. \t><]|==|!=|$/y,
  afterKey: /[ \t[.=!><)(]|$/y,
} as const
