import type { ContractSpec } from '../../config/contract-spec.ts'
import { type AbiEvent, compileEvent, type EventDecoder } from '../../evm/event-decoder.ts'
import { type AbiFunction, compileFunction, type FunctionDecoder } from '../../evm/function-decoder.ts'
import { createInterner, type Interner } from '../intern.ts'
import { normaliseSignature } from '../normalise.ts'

/** The events of one ABI, one for each topic hash, and its functions, one for each selector. */
export type CompiledAbi = {
  events: readonly Compiled<EventDecoder>[]
  functions: readonly Compiled<FunctionDecoder>[]
}

type Compiled<Decoder> = { decoder: Decoder; normalisedSignature: string }

type AbiItems = { events: AbiEvent[]; functions: AbiFunction[] }

/** Compiles each distinct ABI once (design 8). */
export function createAbiInterner(): Interner<ContractSpec, CompiledAbi> {
  return createInterner(
    (spec) => JSON.stringify(interfaceOf(spec), compiledKeys),
    (spec) => compileAbi(interfaceOf(spec)),
  )
}

/** All that decoding depends on; ABIs that differ elsewhere, as in `internalType`, are the same. */
const compiledKeys = ['events', 'functions', 'type', 'name', 'anonymous', 'inputs', 'indexed', 'components']

/** The events and functions of a contract spec; one of another chain has no EVM interface, so nothing is decodable (spec/04 §2). */
export function interfaceOf(spec: ContractSpec): AbiItems {
  if (!Array.isArray(spec)) return { events: [], functions: [] }
  return {
    events: spec.filter((item): item is AbiEvent => 'type' in item && item.type === 'event'),
    functions: spec.filter((item): item is AbiFunction => 'type' in item && item.type === 'function'),
  }
}

/**
 * Of events with the same hash and functions with the same selector only the first counts, ordered by name, even when it
 * cannot decode what comes (spec/04 §6.1, §7.4, §7.5).
 */
function compileAbi({ events, functions }: AbiItems): CompiledAbi {
  return {
    events: firstByHash(events, compileEvent, ({ topic0 }) => topic0),
    functions: firstByHash(functions, compileFunction, ({ selector }) => selector),
  }
}

function firstByHash<Item extends { name: string }, Decoder extends { signature: string }>(
  items: readonly Item[],
  compile: (item: Item) => Decoder,
  hashOf: (decoder: Decoder) => string,
): Compiled<Decoder>[] {
  const first = new Map<string, Compiled<Decoder>>()
  for (const item of items.toSorted((left, right) => compareCodeUnits(left.name, right.name))) {
    const decoder = compile(item)
    const hash = hashOf(decoder)
    if (first.has(hash)) continue
    first.set(hash, { decoder, normalisedSignature: normaliseSignature(decoder.signature) })
  }
  return [...first.values()]
}

function compareCodeUnits(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
