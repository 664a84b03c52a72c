import type { JsonValue } from '../config/json.ts'
import type { EvmMatchObject, MatchObject } from '../matching/assemble-match.ts'
import type { MatchedSignature } from '../matching/match.ts'
import type { StellarMatchObject } from '../matching/stellar/assemble-ledger-match.ts'
import { type MatchFacts, addFacts } from './match-facts.ts'
import { type Entry, pairArguments } from './pair-arguments.ts'

export type { MatchFacts }

/**
 * What a template can name of a match (spec/04 §8.3, spec/05 §11.2, spec/02 §7.2): the monitor's name, the hash of the
 * transaction, signatures and arguments of matched functions and events. On EVM also sender, recipient (a contract creation
 * has none) and value (decimal wei); on Stellar also types and arguments of matched operations, which OZ Monitor does not
 * have. Of arguments with the same name the last one counts. Names that OZ Monitor lacks are those of `MatchFacts`.
 */
export function matchVariables(match: MatchObject, facts: MatchFacts = {}): Map<string, string> {
  const variables = 'EVM' in match ? evmVariables(match) : stellarVariables(match)
  addFacts(variables, match, facts)
  return variables
}

function evmVariables({ EVM: match }: EvmMatchObject): Map<string, string> {
  const { hash, from, to, value } = match.transaction
  const variables = new Map([
    ['monitor.name', toText(match.monitor.name)],
    ['transaction.hash', toText(hash)],
    ['transaction.from', typeof from === 'string' ? from : ZERO_ADDRESS],
  ])
  // Of a transaction that is not stored any more, only the hash is known.
  if (value !== undefined) variables.set('transaction.value', BigInt(toText(value)).toString())
  if (typeof to === 'string') variables.set('transaction.to', to)
  addGroup(variables, 'functions', { matched: match.matched_on.functions, args: match.matched_on_args.functions })
  addGroup(variables, 'events', { matched: match.matched_on.events, args: match.matched_on_args.events })
  return variables
}

function stellarVariables({ Stellar: match }: StellarMatchObject): Map<string, string> {
  const variables = new Map([
    ['monitor.name', toText(match.monitor.name)],
    ['transaction.hash', toText(match.transaction.txHash)],
  ])
  const { functions, events, operations = [] } = match.matched_on
  addGroup(variables, 'functions', { matched: functions, args: match.matched_on_args.functions })
  addGroup(variables, 'events', { matched: events, args: pairArguments(events, match.matched_on_args.events ?? []) })
  for (const [index, { type }] of operations.entries()) variables.set(`operations.${index}.type`, type)
  addArguments(variables, 'operations', match.matched_on_args.operations)
  return variables
}

const ZERO_ADDRESS = `0x${'0'.repeat(40)}`

type Group = { matched: readonly MatchedSignature[]; args: Arguments }
type Arguments = readonly (Pick<Entry, 'args'> | undefined)[] | null | undefined

function addGroup(variables: Map<string, string>, name: 'functions' | 'events', { matched, args }: Group): void {
  for (const [index, { signature }] of matched.entries()) variables.set(`${name}.${index}.signature`, signature)
  addArguments(variables, name, args)
}

function addArguments(variables: Map<string, string>, name: string, list: Arguments): void {
  for (const [index, entry] of list?.entries() ?? []) {
    for (const argument of entry?.args ?? []) variables.set(`${name}.${index}.args.${argument.name}`, argument.value)
  }
}

function toText(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('The match object lacks a text that every match has.')
  return value
}
