import type { MatchArgument } from '../evm/argument-decoder.ts'
import type { SpecParameter, UserTypes } from './contract-interface.ts'
import type { ScValue } from './sc-value.ts'
import { baseAccountOf } from './strkey.ts'
import { readTyped } from './typed-value.ts'

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
