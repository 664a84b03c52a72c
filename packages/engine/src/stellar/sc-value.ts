import type { JsonValue } from '../config/json.ts'
import { decodeXdr } from './xdr.ts'
import { armOf, integerOf, listOf, membersOf, textOf } from './xdr-json.ts'

/** A value of a contract as it stands in arguments, topics and data. */
export type ScValue =
  | ScScalar
  | { readonly type: 'Vec'; readonly elements: readonly ScValue[] }
  | { readonly type: 'Map'; readonly entries: readonly ScEntry[] }
  | { readonly type: 'Void' }
  | ScError
  /** What no contract passes on: null containers, contract instances, ledger key markers. */
  | { readonly type: 'Other' }

/**
 * `text` is decimal digits, `true` or `false`, hexadecimal digits of bytes, the strkey of an address, or a string with
 * everything but printable ASCII escaped (spec/05 §6.1).
 */
export type ScScalar = { readonly type: ScalarType; readonly text: string }

export type ScEntry = { readonly key: ScValue; readonly value: ScValue }

/** `kind` is `contract` for an error of the contract's own, else the host's word; `code` is a number or the host's word. */
export type ScError = { readonly type: 'Error'; readonly kind: string; readonly code: string }

export type ScalarType = IntegerType | 'Bool' | 'Bytes' | 'String' | 'Symbol' | 'Address'

export type IntegerType = 'U32' | 'I32' | 'U64' | 'I64' | 'Timepoint' | 'Duration' | 'U128' | 'I128' | 'U256' | 'I256'

const scalarTypes: ReadonlyMap<string, ScalarType> = new Map([
  ['u32', 'U32'],
  ['i32', 'I32'],
  ['u64', 'U64'],
  ['i64', 'I64'],
  ['timepoint', 'Timepoint'],
  ['duration', 'Duration'],
  ['u128', 'U128'],
  ['i128', 'I128'],
  ['u256', 'U256'],
  ['i256', 'I256'],
  ['bool', 'Bool'],
  ['bytes', 'Bytes'],
  ['string', 'String'],
  ['symbol', 'Symbol'],
  ['address', 'Address'],
])

/** @throws XdrError when the text is no ScVal. */
export function decodeScValue(base64: string): ScValue {
  return readScValue(decodeXdr('ScVal', base64))
}

/** Reads an ScVal in XDR-JSON. Not deeper than the decoder lets through. */
export function readScValue(json: JsonValue | undefined): ScValue {
  const { name, value } = armOf(json)
  if (name === 'void') return { type: 'Void' }
  if (name === 'error') return readError(value)
  if (name === 'vec' && Array.isArray(value)) return { type: 'Vec', elements: value.map(readScValue) }
  if (name === 'map' && Array.isArray(value)) return { type: 'Map', entries: listOf(value).map(readEntry) }
  const type = scalarTypes.get(name)
  return type === undefined ? { type: 'Other' } : { type, text: scalarText(type, value) }
}

export function isIntegerType(type: ScValue['type']): type is IntegerType {
  return /^(?:[UI](?:32|64|128|256)|Timepoint|Duration)$/.test(type)
}

function readEntry(json: JsonValue): ScEntry {
  const { key, val } = membersOf(json)
  return { key: readScValue(key), value: readScValue(val) }
}

function scalarText(type: ScalarType, value: JsonValue | undefined): string {
  if (type === 'Bool') return value === true ? 'true' : 'false'
  return typeof value === 'number' ? String(value) : textOf(value)
}

function readError(json: JsonValue | undefined): ScError {
  const { name, value } = armOf(json)
  return { type: 'Error', kind: name, code: integerOf(value) }
}
