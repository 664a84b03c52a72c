import type { MatchArgument } from '../evm/argument-decoder.ts'
import { normaliseSignature } from '../matching/normalise.ts'

/**
 * One way to read a contract event or call: under which signature, with which arguments. OZ Monitor has exactly one
 * (`oz`, spec/05 §8.5 and §9.1) and it comes first; the others add what OZ Monitor cannot match:
 *
 * - `spec`: by the contract's spec, with user-defined types, options, tuples, data formats (SEP-48);
 * - `token`: the events of SEP-41 tokens and Stellar Asset Contracts with their names, both forms of muxed data in one.
 *
 * A condition tries the readings whose signature is its own, in this order, and records the first that satisfies it.
 */
export type Reading = {
  dialect: 'oz' | 'spec' | 'token'
  /** In the spelling of the spec or the data. */
  signature: string
  args: readonly MatchArgument[]
}

/** Leaves out a reading with the signature and the arguments of an earlier one: it could not tell anything new. */
export function dropRepeats(readings: readonly Reading[]): Reading[] {
  return readings.filter((reading, index) => !readings.slice(0, index).some((earlier) => isSame(earlier, reading)))
}

function isSame(left: Reading, right: Reading): boolean {
  return (
    normaliseSignature(left.signature) === normaliseSignature(right.signature) &&
    left.args.length === right.args.length &&
    left.args.every((argument, index) => isSameArgument(argument, right.args[index]))
  )
}

function isSameArgument(left: MatchArgument, right: MatchArgument | undefined): boolean {
  return (
    left.name === right?.name &&
    left.value === right.value &&
    left.kind === right.kind &&
    left.indexed === right.indexed
  )
}
