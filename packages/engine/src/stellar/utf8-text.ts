/**
 * The UTF-8 text of a string as XDR-JSON escapes it. Bytes that are not UTF-8, and NUL, which databases refuse in a text,
 * leave the whole string escaped: what is shown is either the text or evidently not it.
 */
export function unescapeText(escaped: string): string {
  if (!escaped.includes('\\')) return escaped
  const bytes: number[] = []
  for (let index = 0; index < escaped.length; index += 1) {
    if (escaped[index] !== '\\') {
      bytes.push(escaped.charCodeAt(index))
      continue
    }
    index += 1
    const letter = escaped.charAt(index)
    if (letter === 'x') bytes.push(Number.parseInt(escaped.slice(index + 1, index + 3), 16))
    else bytes.push(simpleEscapes.get(letter) ?? 0)
    if (letter === 'x') index += 2
  }
  if (bytes.includes(0)) return escaped
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes))
  } catch {
    // Not UTF-8, which the escaped text says.
    return escaped
  }
}

const simpleEscapes: ReadonlyMap<string, number> = new Map([
  ['0', 0x00],
  ['t', 0x09],
  ['n', 0x0a],
  ['r', 0x0d],
  ['\\', 0x5c],
])
