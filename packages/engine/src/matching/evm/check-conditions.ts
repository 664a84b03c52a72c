import { contractSpecSchema } from '../../config/contract-spec.ts'
import { type Problem, toPointer } from '../../config/problem.ts'
import { elements, member } from '../../config/record.ts'
import { type AbiInput, canonicalSignature } from '../../evm/argument-decoder.ts'
import type { DeclaredParameter } from '../../expression/expression-finding.ts'
import { interfaceOf } from './compiled-abi.ts'
import { judgeExpression, syntaxProblems } from '../judge-expression.ts'
import { normaliseSignature } from '../normalise.ts'
import { transactionVariables } from './transaction-parameters.ts'

/**
 * What is wrong with the conditions of a monitor on an EVM network, whose other parts may be wrong too. A problem is an
 * expression that can never be true, here or in OZ Monitor; a warning is anything else that hardly is what was meant.
 */
export function checkConditions(configuration: unknown): { problems: Problem[]; warnings: Problem[] } {
  const conditions = member(configuration, 'match_conditions')
  const interfaces = interfacesOf(configuration)
  const problems: Problem[] = []
  const warnings: Problem[] = []

  const check = (text: string, place: { path: (string | number)[]; scopes: DeclaredParameter[][] }): void => {
    const found = judgeExpression('evm', text, place)
    problems.push(...found.problems)
    warnings.push(...found.warnings)
  }

  for (const [index, condition] of elements(member(conditions, 'transactions')).entries()) {
    const text = member(condition, 'expression')
    const path = ['match_conditions', 'transactions', index]
    if (typeof text === 'string') check(text, { path, scopes: [[...transactionVariables]] })
  }
  for (const group of ['functions', 'events'] as const) {
    for (const [index, condition] of elements(member(conditions, group)).entries()) {
      const signature = member(condition, 'signature')
      const text = member(condition, 'expression')
      if (typeof signature !== 'string') continue
      const path = ['match_conditions', group, index]
      const scopes = interfaces[group].get(normaliseSignature(signature))
      if (scopes === undefined) {
        const what = group === 'events' ? 'event' : 'function'
        const message = `no contract spec of the monitor has this ${what}, so the condition cannot match`
        warnings.push({ pointer: toPointer([...path, 'signature']), code: 'unknown_signature', message })
      }
      if (typeof text === 'string') checkOrParse(text, path, scopes)
    }
  }
  return { problems, warnings }

  /** Without a contract spec nothing is known of the parameters; whether it parses is. */
  function checkOrParse(text: string, path: (string | number)[], scopes: DeclaredParameter[][] | undefined): void {
    if (scopes !== undefined) return check(text, { path, scopes })
    problems.push(...syntaxProblems('evm', text, path))
  }
}

type Interfaces = Record<'functions' | 'events', Map<string, DeclaredParameter[][]>>

/** The parameters of every event and function of the contract specs, by normalised signature. */
function interfacesOf(configuration: unknown): Interfaces {
  const interfaces: Interfaces = { functions: new Map(), events: new Map() }
  for (const entry of elements(member(configuration, 'addresses'))) {
    const spec = contractSpecSchema.safeParse(member(entry, 'contract_spec')).data
    if (spec === undefined) continue
    const { events, functions } = interfaceOf(spec)
    addAll(interfaces.events, events)
    addAll(interfaces.functions, functions)
  }
  return interfaces
}

function addAll(
  group: Map<string, DeclaredParameter[][]>,
  items: readonly { name: string; inputs: AbiInput[] }[],
): void {
  for (const item of items) {
    const signature = normaliseSignature(canonicalSignature(item))
    const parameters = item.inputs.map(declared)
    const known = group.get(signature)
    if (known === undefined) group.set(signature, [parameters])
    else if (!known.some((other) => JSON.stringify(other) === JSON.stringify(parameters))) known.push(parameters)
  }
}

function declared({ name, type, components }: AbiInput): DeclaredParameter {
  return { name: name ?? '', kind: type, ...(components === undefined ? {} : { components: components.map(declared) }) }
}
