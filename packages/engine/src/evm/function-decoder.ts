import type { EvmAbi } from '../config/evm-abi.ts'
import { AbiDecodeError, decodeArguments } from './abi-decoder.ts'
import { canonicalSignature, compileInputs, type DecodedArgument, type Input, toArgument } from './argument-decoder.ts'
import { keccak256 } from './keccak.ts'

/** Decodes the calls of one function. */
export type FunctionDecoder = {
  /** Canonical, with tuples expanded, such as `transfer(address,uint256)`. */
  signature: string
  /** `0x` and 8 lower-case hexadecimal digits. */
  selector: string
  /** Undefined when a type is not known; nothing decodes then. */
  inputs: readonly Input[] | undefined
  /** The arguments in the order of the ABI; bytes after them are ignored. Throws AbiDecodeError (spec/04 §6.2). */
  decode(calldata: string): DecodedArgument[]
}

export type AbiFunction = Extract<EvmAbi[number], { type: 'function' }>

export const SELECTOR_LENGTH = 10

export function compileFunction(fn: AbiFunction): FunctionDecoder {
  const signature = canonicalSignature(fn)
  const inputs = compileInputs(fn.inputs)
  const types = (inputs ?? []).map(({ type }) => type)

  return {
    signature,
    selector: keccak256(signature).slice(0, SELECTOR_LENGTH),
    inputs,
    decode(calldata) {
      if (inputs === undefined) throw new AbiDecodeError(`A type in ${signature} is not known.`)
      const values = decodeArguments(types, `0x${calldata.slice(SELECTOR_LENGTH)}`)
      return inputs.map((input, index) => toArgument({ ...input, indexed: false }, values[index]))
    },
  }
}
