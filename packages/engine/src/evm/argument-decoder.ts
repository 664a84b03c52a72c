import { AbiDecodeError } from './abi-decoder.ts'
import { type AbiParameter, type AbiType, canonicalType, parseAbiType } from './abi-type.ts'
import type { StructuredValue } from '../expression/structured-value.ts'
import { formatValue } from './format-value.ts'

/** One decoded argument in the form of spec/04 §8.2; `kind` is the ABI type as written. */
export type MatchArgument = { name: string; value: string; indexed: boolean; kind: string }

/** An argument with what expressions may look into: the parts of an array or a tuple. */
export type DecodedArgument = MatchArgument & { structure: StructuredValue }

/** An input of a function or an event whose type the decoder knows. */
export type Input = Omit<MatchArgument, 'value'> & { type: AbiType }

export type AbiInput = AbiParameter & { indexed?: boolean | null | undefined }

/** `name(type,…)` with tuples expanded (spec/04 §6.1). */
export function canonicalSignature({ name, inputs }: { name: string; inputs: readonly AbiInput[] }): string {
  return `${name}(${inputs.map(canonicalType).join(',')})`
}

/** Undefined when one of the types is not known: the data cannot be cut into arguments then. */
export function compileInputs(inputs: readonly AbiInput[]): Input[] | undefined {
  const compiled: Input[] = []
  for (const input of inputs) {
    const type = parseAbiType(input)
    if (type === undefined) return undefined
    compiled.push({ type, name: input.name ?? '', indexed: input.indexed === true, kind: input.type })
  }
  return compiled
}

/** Gives a decoded value the name and kind of its input. */
export function toArgument({ name, indexed, kind }: Input, structure: StructuredValue | undefined): DecodedArgument {
  if (structure === undefined) throw new AbiDecodeError('There are fewer values than inputs.')
  return { name, value: formatValue(structure), indexed, kind, structure }
}
