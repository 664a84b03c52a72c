import type { MatchedSignature } from '../matching/match.ts'
import type { StellarArgumentEntry } from '../matching/stellar/ledger-match.ts'

export type Entry = StellarArgumentEntry

/**
 * The argument entry of each matched event, where it has one. OZ Monitor leaves out the arguments of events without an
 * expression and then pairs by position, which gives an event the arguments of another (Q2); here an entry stays with the
 * event of its signature. An event with an expression always has one.
 */
export function pairArguments(matched: readonly MatchedSignature[], entries: readonly Entry[]): (Entry | undefined)[] {
  let next = 0
  let wanting = matched.filter(({ expression }) => expression !== null).length
  return matched.map(({ signature, expression }) => {
    const entry = entries[next]
    const isOwn = entry?.signature === signature
    const isSpare = entries.length - next > wanting
    if (expression !== null) wanting -= 1
    else if (!isOwn || !isSpare) return undefined
    next += 1
    return entry
  })
}
