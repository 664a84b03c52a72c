/**
 * Whether `text` can be read as a Solidity type: a name or a parenthesised list of types, followed by any number of
 * `[]` and `[n]`. Names are not looked up, since an ABI may name types of its own. One pass, no recursion.
 */
export function isSolidityType(text: string): boolean {
  let position = 0
  let depth = 0
  for (;;) {
    const start = /^(?:tuple)?\(/.exec(text.slice(position, position + 6))
    if (start) {
      position += start[0].length
      depth += 1
      if (text[position] !== ')') continue
    } else {
      const end = endOfName(text, position)
      if (end === position) return false
      position = endOfArrays(text, end)
    }
    while (depth > 0 && text[position] === ')') {
      depth -= 1
      position = endOfArrays(text, position + 1)
    }
    if (position === text.length) return depth === 0
    if (depth === 0 || text[position] !== ',') return false
    position += 1
  }
}

function endOfName(text: string, start: number): number {
  const pattern = /[A-Za-z$_][A-Za-z0-9$_.]*/y
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : start
}

function endOfArrays(text: string, start: number): number {
  const pattern = /(?:\[\d*\])*/y
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : start
}
