import type { JsonValue } from '../config/json.ts'
import type { MatchObject } from '../matching/assemble-match.ts'
import type { ArgumentEntry, MatchedSignature } from '../matching/match.ts'

/**
 * What a template can name of a match (spec/04 §8.3, spec/02 §7.2): the monitor's name, hash, sender, recipient and value
 * (decimal wei) of the transaction, and signatures and arguments of matched functions and events. A contract creation has
 * no `transaction.to`. Of arguments with the same name the last one counts.
 */
export function matchVariables({ EVM: match }: MatchObject): Map<string, string> {
  const { hash, from, to, value } = match.transaction
  const variables = new Map([
    ['monitor.name', toText(match.monitor.name)],
    ['transaction.hash', toText(hash)],
    ['transaction.from', typeof from === 'string' ? from : ZERO_ADDRESS],
    ['transaction.value', BigInt(toText(value)).toString()],
  ])
  if (typeof to === 'string') variables.set('transaction.to', to)
  addGroup(variables, 'functions', { matched: match.matched_on.functions, args: match.matched_on_args.functions })
  addGroup(variables, 'events', { matched: match.matched_on.events, args: match.matched_on_args.events })
  return variables
}

const ZERO_ADDRESS = `0x${'0'.repeat(40)}`

type Group = { matched: readonly MatchedSignature[]; args: readonly ArgumentEntry[] | null }

function addGroup(variables: Map<string, string>, name: 'functions' | 'events', { matched, args }: Group): void {
  for (const [index, { signature }] of matched.entries()) {
    variables.set(`${name}.${index}.signature`, signature)
    for (const argument of args?.[index]?.args ?? []) {
      variables.set(`${name}.${index}.args.${argument.name}`, argument.value)
    }
  }
}

function toText(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('The match object lacks a text that every match has.')
  return value
}
