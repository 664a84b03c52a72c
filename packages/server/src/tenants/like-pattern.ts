/** A LIKE pattern that finds the text anywhere and takes nothing in it for a wildcard. */
export function likePattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
}
