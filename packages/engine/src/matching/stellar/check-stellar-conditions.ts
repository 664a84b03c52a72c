import { contractSpecSchema } from '../../config/contract-spec.ts'
import { type Problem, toPointer } from '../../config/problem.ts'
import { elements, member } from '../../config/record.ts'
import type { DeclaredParameter } from '../../expression/expression-finding.ts'
import { removeWhitespace } from '../../expression/whitespace.ts'
import { parseAsset } from '../../stellar/asset.ts'
import { compileInterface, type ContractInterface } from '../../stellar/contract-interface.ts'
import { contractIdHexOf } from '../../stellar/strkey.ts'
import { declareArguments } from '../../stellar/typed-argument.ts'
import { judgeExpression, syntaxProblems } from '../judge-expression.ts'
import { normaliseSignature } from '../normalise.ts'
import { badLiterals } from './check-literals.ts'
import { checkSignatureTypes } from './check-signature-types.ts'
import { isStellarSpec } from './contract-address.ts'

export type StellarCheck = { problems: Problem[]; warnings: Problem[] }

/**
 * What is wrong with the conditions of a monitor on a Stellar network, whose other parts may be wrong too. Pointers start at
 * the configuration. What OZ Monitor loads and never matches is a warning; a problem is only an expression that can never be
 * true, here or there.
 */
export function checkStellarConditions(configuration: unknown): StellarCheck {
  const conditions = member(configuration, 'match_conditions')
  const addresses = elements(member(configuration, 'addresses'))
  const interfaces = addresses.map(interfaceOf)
  const known = interfaces.filter((each) => each !== undefined)
  // Of a contract whose spec is on chain anything may be true.
  const isAllKnown = known.length > 0 && known.length === interfaces.length
  const problems: Problem[] = []
  const warnings: Problem[] = addresses.flatMap(addressWarnings)

  for (const [index, condition] of elements(member(conditions, 'transactions')).entries()) {
    const text = member(condition, 'expression')
    if (typeof text !== 'string') continue
    const path = ['match_conditions', 'transactions', index]
    add(judgeExpression('stellar', text, { path, scopes: [transactionVariables] }))
    warnings.push(...badLiterals(text, { path, parameters: transactionVariables }))
  }
  for (const group of ['functions', 'events'] as const) {
    const list = elements(member(conditions, group))
    if (list.length > 0 && addresses.length === 0) {
      const message = `cannot match: only ${group} of the monitor's addresses are looked at, and it has none`
      warnings.push({ pointer: toPointer(['match_conditions', group]), code: 'unmatchable_condition', message })
    }
    for (const [index, condition] of list.entries()) {
      const signature = member(condition, 'signature')
      const text = member(condition, 'expression')
      const path = ['match_conditions', group, index]
      if (typeof signature !== 'string') continue
      warnings.push(...checkSignatureTypes(signature, { path, interfaces: known, isAllKnown }))
      const scopes = isAllKnown ? scopesOf(group, signature, known) : undefined
      if (scopes?.length === 0 && group === 'functions') {
        const message = 'no contract spec of the monitor has this function, so the condition cannot match'
        warnings.push({ pointer: toPointer([...path, 'signature']), code: 'unknown_signature', message })
      }
      if (typeof text !== 'string') continue
      if (scopes === undefined || scopes.length === 0) problems.push(...syntaxProblems('stellar', text, path))
      else add(judgeOn(group, text, { path, scopes }))
    }
  }
  return { problems, warnings }

  function add(found: StellarCheck): void {
    problems.push(...found.problems)
    warnings.push(...found.warnings)
  }
}

/** spec/05 §7.3. */
const transactionVariables: DeclaredParameter[] = [
  { name: 'hash', kind: 'String' },
  { name: 'ledger', kind: 'I64' },
  { name: 'value', kind: 'I64' },
  { name: 'from', kind: 'Address' },
  { name: 'to', kind: 'Address' },
]

function interfaceOf(entry: unknown): ContractInterface | undefined {
  const spec = contractSpecSchema.safeParse(member(entry, 'contract_spec')).data
  return spec !== undefined && isStellarSpec(spec) ? compileInterface(spec) : undefined
}

function addressWarnings(entry: unknown, index: number): Problem[] {
  const found: Problem[] = []
  const address = member(entry, 'address')
  if (typeof address === 'string') {
    const text = removeWhitespace(address)
    if (contractIdHexOf(text.toUpperCase()) === undefined && parseAsset(text) === undefined) {
      const message = 'is neither a contract (C…) nor an asset (CODE:ISSUER or native), so nothing happens at it'
      found.push({ pointer: toPointer(['addresses', index, 'address']), code: 'unmatchable_address', message })
    }
  }
  const spec = contractSpecSchema.safeParse(member(entry, 'contract_spec')).data
  if (Array.isArray(spec) && spec.length === 0) {
    const message = 'is empty, so no spec is read from chain either: no function of the contract can match'
    found.push({ pointer: toPointer(['addresses', index, 'contract_spec']), code: 'empty_contract_spec', message })
  } else if (spec !== undefined && !isStellarSpec(spec)) {
    const message = 'is no Stellar contract spec, so no function of the contract can match and events have no names'
    found.push({ pointer: toPointer(['addresses', index, 'contract_spec']), code: 'foreign_contract_spec', message })
  }
  return found
}

type Group = 'functions' | 'events'

/** OZ Monitor names the parameters of an event that does not fit its spec in its own way: there only the syntax is certain. */
function judgeOn(group: Group, text: string, place: Parameters<typeof judgeExpression>[2]): StellarCheck {
  const judged = judgeExpression('stellar', text, place)
  if (group === 'functions') return judged
  const isSyntax = ({ code }: Problem) => code === 'expression_syntax'
  return {
    problems: judged.problems.filter(isSyntax),
    warnings: [...judged.problems.filter((problem) => !isSyntax(problem)), ...judged.warnings],
  }
}

/**
 * The parameters of every function or event of the signature, as we see them. None: no contract has it. A type whose kind
 * only a value tells leaves nothing to be said of the expression.
 */
function scopesOf(
  group: Group,
  signature: string,
  interfaces: readonly ContractInterface[],
): DeclaredParameter[][] | undefined {
  const wanted = normaliseSignature(signature)
  const scopes: DeclaredParameter[][] = []
  for (const { functions, events, types } of interfaces) {
    const declarations =
      group === 'functions' ? functions.map((each) => ({ ...each, parameters: each.inputs })) : events
    for (const { parameters, signature: own, spellings } of declarations) {
      if (![own, ...spellings].some((each) => normaliseSignature(each) === wanted)) continue
      const declared = declareArguments(parameters, types)
      if (declared === undefined) return undefined
      scopes.push(declared)
    }
  }
  return scopes
}
