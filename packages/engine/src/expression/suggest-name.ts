import type { ExpressionPath } from './expression.ts'
import { type DeclaredParameter, echo } from './expression-finding.ts'
import { printPath } from './print-expression.ts'

/** What to write instead of a name that no parameter has; undefined when there is nothing helpful to say. */
export type NameAdvice = (path: ExpressionPath) => string | undefined

const LISTED_NAMES_MAX = 12
const SUGGESTIONS_MAX = 200
const DISTANCE_MAX = 2
const COMPARED_LENGTH_MAX = 80

export function createNameAdvice(parameters: readonly DeclaredParameter[]): NameAdvice {
  const names = [...new Set(parameters.map(({ name }) => name))].filter((name) => name !== '')
  const list = listNames(names, names.length < parameters.length)
  // Comparing with every name takes time: an expression of very many unknown names is helped with the first ones.
  let suggestionsLeft = SUGGESTIONS_MAX
  return (path) => {
    const [member] = path.accessors
    if (/^(?:transaction|event|function|block)$/i.test(path.base) && member?.kind === 'key') {
      const rest = printPath({ ...path, base: member.key, accessors: path.accessors.slice(1) })
      const advice = `There is no prefix: write ${echo(rest)}.`
      return names.includes(member.key) ? advice : joinHints(advice, list)
    }
    suggestionsLeft -= 1
    const name = suggestionsLeft < 0 ? undefined : findSimilar(path.base, names)
    return name === undefined ? list : `Did you mean ${echo(name)}?`
  }
}

function listNames(names: readonly string[], hasUnnamed: boolean): string | undefined {
  const unnamed = hasUnnamed ? 'Parameters without a name cannot be used.' : undefined
  if (names.length === 0) return unnamed ?? 'There are no parameters here.'
  return names.length > LISTED_NAMES_MAX ? unnamed : joinHints(`Available: ${names.map(echo).join(', ')}.`, unnamed)
}

function joinHints(first: string, second: string | undefined): string {
  return second === undefined ? first : `${first} ${second}`
}

function findSimilar(wanted: string, names: readonly string[]): string | undefined {
  const lower = wanted.toLowerCase()
  const inOtherCase = names.find((name) => name.toLowerCase() === lower)
  if (inOtherCase !== undefined) return inOtherCase
  let best: { name: string; distance: number } | undefined
  for (const name of names) {
    const distance = editDistance(lower, name.toLowerCase())
    // Two changes make any word of two letters out of any other.
    if (distance > DISTANCE_MAX || distance >= Math.min(name.length, wanted.length)) continue
    if (!best || distance < best.distance) best = { name, distance }
  }
  return best?.name
}

/** Levenshtein distance; more than {@link DISTANCE_MAX} for lengths that need no closer look. */
function editDistance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > DISTANCE_MAX || left.length > COMPARED_LENGTH_MAX) return DISTANCE_MAX + 1
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let index = 0; index < left.length; index += 1) {
    const next = [index + 1]
    for (let column = 0; column < right.length; column += 1) {
      const replaced = (row[column] ?? 0) + (left[index] === right[column] ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}
