import type { JsonValue } from '../config/json.ts'
import { readAsset } from './asset.ts'
import { unescapeText } from './utf8-text.ts'
import { armOf, integerOf, listOf, membersOf, textOf } from './xdr-json.ts'

/** What a parameter of an operation is read from. */
export type OperationSource = {
  body: { [key: string]: JsonValue }
  /** Of the operation, or of the transaction when it has none of its own. As written. */
  source: string
  /** What the network answered, undefined when it is not known or the operation failed. */
  result: JsonValue | undefined
}

/** One parameter of a type of operation; `read` returns undefined for an optional one that is not set. */
export type OperationParameter = {
  name: string
  kind: 'Address' | 'Bool' | 'Bytes' | 'I128' | 'I32' | 'I64' | 'String' | 'U32' | 'Vec'
  read: (from: OperationSource) => string | undefined
}

type Member = (key: string, name?: string) => OperationParameter

/** Stroops and other integers of 64 bits. */
export const amount: Member = (key, name = key) => ({
  name,
  kind: 'I64',
  read: ({ body }) => optional(body[key], integerOf),
})

export const number: Member = (key, name = key) => ({
  name,
  kind: 'U32',
  read: ({ body }) => optional(body[key], integerOf),
})

export const address: Member = (key, name = key) => ({
  name,
  kind: 'Address',
  read: ({ body }) => optional(body[key], textOf),
})

/** `CODE:ISSUER` or `native`. */
export const asset: Member = (key, name = key) => ({
  name,
  kind: 'String',
  read: ({ body }) => optional(body[key], readAsset),
})

export const text: Member = (key, name = key) => ({
  name,
  kind: 'String',
  read: ({ body }) => optional(body[key], (value) => unescapeText(textOf(value))),
})

/** Whose money an operation moves: its source. */
export const from: OperationParameter = { name: 'from', kind: 'Address', read: ({ source }) => source }

export const path: OperationParameter = {
  name: 'path',
  kind: 'Vec',
  read: ({ body }) => JSON.stringify(listOf(body.path).map(readAsset)),
}

const PRICE_UNIT = 10_000_000n

/** The exact price as `NAME_n` over `NAME_d`, and rounded down to ten-millionths, the unit of amounts, as `NAME`. */
export function price(key: string): OperationParameter[] {
  return [
    { name: key, kind: 'I128', read: ({ body }) => String(roundPrice(readPrice(body[key]))) },
    { name: `${key}_n`, kind: 'I32', read: ({ body }) => String(readPrice(body[key]).n) },
    { name: `${key}_d`, kind: 'I32', read: ({ body }) => String(readPrice(body[key]).d) },
  ]
}

function readPrice(json: JsonValue | undefined): { n: bigint; d: bigint } {
  const { n, d } = membersOf(json)
  return { n: BigInt(integerOf(n)), d: BigInt(integerOf(d)) }
}

/** A transaction that failed may have a price of anything over zero. */
function roundPrice({ n, d }: { n: bigint; d: bigint }): bigint {
  return d === 0n ? 0n : (n * PRICE_UNIT) / d
}

/** The claimants' accounts; under which condition they may claim is in the envelope. */
export const claimants: OperationParameter = {
  name: 'claimants',
  kind: 'Vec',
  read: ({ body }) =>
    JSON.stringify(listOf(body.claimants).map((claimant) => textOf(membersOf(armOf(claimant).value).destination))),
}

export function optional<T>(value: JsonValue | undefined, read: (value: JsonValue) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value)
}
