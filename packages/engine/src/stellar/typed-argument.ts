import type { MatchArgument } from '../evm/argument-decoder.ts'
import type { DeclaredParameter } from '../expression/expression-finding.ts'
import type { SpecParameter, UserTypes } from './contract-interface.ts'
import type { ScValue } from './sc-value.ts'
import { baseAccountOf } from './strkey.ts'
import { kindOfType, readTyped } from './typed-value.ts'

/** One argument for each parameter, undefined unless all values are of their types. */
export function toTypedArguments(
  values: readonly ScValue[],
  parameters: readonly SpecParameter[],
  { types, indexed }: { types: UserTypes; indexed: boolean },
): MatchArgument[] | undefined {
  if (values.length !== parameters.length) return undefined
  const args: MatchArgument[] = []
  for (const [index, { name, type }] of parameters.entries()) {
    const value = values[index]
    const typed = value && readTyped(value, type, types)
    if (!typed) return undefined
    args.push(...splitMuxed({ name, value: typed.text, kind: typed.kind, indexed }))
  }
  return args
}

/**
 * What an expression may name of {@link toTypedArguments}, for its check when a monitor is saved. Undefined when the kind of
 * one depends on the value.
 */
export function declareArguments(
  parameters: readonly SpecParameter[],
  types: UserTypes,
): DeclaredParameter[] | undefined {
  const declared: DeclaredParameter[] = []
  for (const { name, type } of parameters) {
    const kind = kindOfType(type, types)
    if (kind === undefined) return undefined
    declared.push({ name, kind })
    if (type === 'muxed_address') declared.push({ name: `${name}_muxed`, kind })
  }
  return declared
}

/**
 * A muxed account is shown as its account, which is what people compare with, and as written under `NAME_muxed`.
 */
export function splitMuxed(argument: MatchArgument): MatchArgument[] {
  const { name, value, kind } = argument
  if (kind !== 'Address' || !value.startsWith('M')) return [argument]
  return [
    { ...argument, value: baseAccountOf(value) },
    { ...argument, name: `${name}_muxed` },
  ]
}
