import type { ContractCall } from './call.ts'
import type { ContractInterface, SpecFunction } from './contract-interface.ts'
import { ozArgumentOf, ozTypeOf } from './oz-value.ts'
import { dropRepeats, type Reading } from './reading.ts'
import type { ScValue } from './sc-value.ts'
import { toTypedArguments } from './typed-argument.ts'
import { normaliseSignature } from '../matching/normalise.ts'

/**
 * All readings of a call in the order of {@link Reading}; without a spec there is none (spec/05 §8.4). OZ Monitor sees no
 * nested calls, so these have no `oz` reading.
 */
export function readCall(call: ContractCall, contract: ContractInterface): Reading[] {
  const oz = call.isNested ? undefined : readOzCall(call, contract)
  return dropRepeats([...(oz ? [oz] : []), ...readSpecCalls(call, contract)])
}

/** The signature OZ Monitor gives a call (spec/05 §8.5), for explanations of what did not match. */
export function ozSignatureOf({ functionName, argumentForms: [args = []] }: ContractCall, contract: ContractInterface) {
  const kinds = args.map(ozTypeOf)
  const declared = contract.functions.find(
    ({ name, inputs }) =>
      name === functionName &&
      inputs.length === kinds.length &&
      inputs.every(({ kind }, index) => isCompatible(kind, kinds[index] ?? '')),
  )
  return declared?.signature ?? `${functionName}(${kinds.join(',')})`
}

function readOzCall(call: ContractCall, contract: ContractInterface): Reading | undefined {
  const signature = ozSignatureOf(call, contract)
  const key = normaliseSignature(signature)
  const matched = contract.functions.find((candidate) => normaliseSignature(candidate.signature) === key)
  if (!matched) return undefined
  const [args = []] = call.argumentForms
  return {
    dialect: 'oz',
    signature,
    args: args.map((value, index) => {
      const input = matched.inputs[index]
      return ozArgumentOf(value, input?.name ?? String(index), input?.kind)
    }),
  }
}

const containers = ['Vec<', 'Map<', 'Tuple<']

/** Containers are compatible with any of their sort (spec/05 §8.5, §16.14). */
function isCompatible(declared: string, actual: string): boolean {
  return declared === actual || containers.some((prefix) => declared.startsWith(prefix) && actual.startsWith(prefix))
}

/** By name, number and types, with the types of the user expanded. */
function readSpecCalls({ functionName, argumentForms }: ContractCall, contract: ContractInterface): Reading[] {
  const named = contract.functions.filter(({ name }) => name === functionName)
  return argumentForms.flatMap((args) => named.flatMap((declared) => readSpecCall(args, declared, contract)))
}

function readSpecCall(
  values: readonly ScValue[],
  { inputs, spellings }: SpecFunction,
  { types }: ContractInterface,
): Reading[] {
  const args = toTypedArguments(values, inputs, { types, indexed: false })
  return args ? spellings.map((signature): Reading => ({ dialect: 'spec', signature, args })) : []
}
