import { AbiDecodeError } from '../../evm/abi-decoder.ts'
import type { DecodedArgument } from '../../evm/argument-decoder.ts'
import type { EvmBlock } from '../../evm/block.ts'
import type { EventDecoder } from '../../evm/event-decoder.ts'
import type { FunctionDecoder } from '../../evm/function-decoder.ts'
import type { EvmLog } from '../../evm/log.ts'
import type { EvmTransaction } from '../../evm/transaction.ts'
import { createParameters, type ExpressionParameters } from '../../expression/parameters.ts'
import type { MatchArgument } from '../../evm/argument-decoder.ts'

/** A log or a call taken apart, once for all monitors that ask. */
export type Decoded = { args: MatchArgument[]; parameters: ExpressionParameters }

/** A log that is not such an event after all, or a call that does not decode, is an AbiDecodeError (spec/04 §6.2, §7.5). */
export type Decoding = {
  log(decoder: EventDecoder, log: EvmLog): Decoded | AbiDecodeError
  call(decoder: FunctionDecoder, transaction: EvmTransaction): Decoded | AbiDecodeError
}

const known = new WeakMap<EvmBlock, Decoding>()

/** Decodes each log and each call of a block once for each ABI, for as long as the block is kept. */
export function decodingOf(block: EvmBlock): Decoding {
  const decoding = known.get(block) ?? createDecoding()
  known.set(block, decoding)
  return decoding
}

function createDecoding(): Decoding {
  const logs = createMemo<EvmLog, EventDecoder>((decoder, log) => decoder.decode(log))
  const calls = createMemo<EvmTransaction, FunctionDecoder>((decoder, { input }) => decoder.decode(input))
  return { log: logs, call: calls }
}

function createMemo<Subject, Decoder>(decode: (decoder: Decoder, subject: Subject) => DecodedArgument[]) {
  const bySubject = new Map<Subject, Map<Decoder, Decoded | AbiDecodeError>>()
  return (decoder: Decoder, subject: Subject): Decoded | AbiDecodeError => {
    let ofSubject = bySubject.get(subject)
    if (ofSubject === undefined) bySubject.set(subject, (ofSubject = new Map()))
    const done = ofSubject.get(decoder)
    if (done !== undefined) return done
    const decoded = tryDecode(() => decode(decoder, subject))
    ofSubject.set(decoder, decoded)
    return decoded
  }
}

function tryDecode(decode: () => DecodedArgument[]): Decoded | AbiDecodeError {
  try {
    const decoded = decode()
    return {
      args: decoded.map(({ name, value, indexed, kind }) => ({ name, value, indexed, kind })),
      parameters: createParameters(decoded),
    }
  } catch (error) {
    if (error instanceof AbiDecodeError) return error
    throw error
  }
}
