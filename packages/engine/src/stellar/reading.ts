import type { MatchArgument } from '../evm/argument-decoder.ts'

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
