import type { EvmAbi } from '../config/evm-abi.ts'
import { AbiDecodeError, decodeArguments, decodeTopic } from './abi-decoder.ts'
import { isWord } from './abi-type.ts'
import { canonicalSignature, compileInputs, type DecodedArgument, type Input, toArgument } from './argument-decoder.ts'
import type { StructuredValue } from '../expression/structured-value.ts'
import { keccak256 } from './keccak.ts'

/** Decodes the logs of one event. */
export type EventDecoder = {
  /** Canonical, with tuples expanded, such as `Transfer(address,address,uint256)`. */
  signature: string
  topic0: string
  /** Undefined when a type is not known; nothing decodes then. */
  inputs: readonly Input[] | undefined
  /** The arguments in the order of the ABI. Throws AbiDecodeError for a log of another shape (spec/04 §7.5). */
  decode(log: { topics: readonly string[]; data: string }): DecodedArgument[]
}

export type AbiEvent = Extract<EvmAbi[number], { type: 'event' }>

const TOPICS_MAX = 4

export function compileEvent(event: AbiEvent): EventDecoder {
  const signature = canonicalSignature(event)
  const inputs = compileInputs(event.inputs)
  const inData = (inputs ?? []).filter(({ indexed }) => !indexed).map(({ type }) => type)
  const topicCount = 1 + event.inputs.filter(({ indexed }) => indexed === true).length

  return {
    signature,
    topic0: keccak256(signature),
    inputs,
    decode({ topics, data }) {
      // The hash of an anonymous event is in no topic, so a log that seems to carry it is another event.
      if (event.anonymous) throw new AbiDecodeError('The event is anonymous.')
      if (inputs === undefined) throw new AbiDecodeError(`A type in ${signature} is not known.`)
      if (topics.length !== topicCount || topicCount > TOPICS_MAX) {
        throw new AbiDecodeError(`The log has ${topics.length} topics, the event ${topicCount}.`)
      }
      const indexed = topics.slice(1).values()
      const others = decodeArguments(inData, data).values()
      return inputs.map((input) => {
        return toArgument(input, input.indexed ? decodeIndexed(input, indexed.next().value) : others.next().value)
      })
    },
  }
}

/** A topic holds only the hash of a value that does not fit a word; the kind stays the declared one. */
function decodeIndexed({ type }: Input, topic: string | undefined): StructuredValue | undefined {
  if (topic === undefined) return undefined
  return isWord(type) ? decodeTopic(type, topic) : { kind: type.name, text: topic }
}
