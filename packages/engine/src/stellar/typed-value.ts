import type { StellarType } from '../config/stellar-spec.ts'
import type { UserType, UserTypes } from './contract-interface.ts'
import {
  errorText,
  keyText,
  plainList,
  plainObject,
  plainText,
  type PlainValue,
  plainValueOf,
  plainVoid,
} from './plain-value.ts'
import type { ScValue } from './sc-value.ts'

/**
 * The value as the type of a spec says it: structs with the names of their fields, enums and unions by the names of
 * their cases, options as what they hold. Undefined when the value is not of the type: that tells events with the same
 * topics apart, and functions of one name.
 *
 * Walks down the value and the type together, so neither a recursive type nor a deep value can take it further than the
 * decoder's own limit of nesting allows.
 */
export function readTyped(value: ScValue, type: StellarType, types: UserTypes): PlainValue | undefined {
  if (typeof type === 'string') return readPlain(value, type)
  const read = (inner: ScValue, innerType: StellarType) => readTyped(inner, innerType, types)
  if (type.option) return value.type === 'Void' ? plainVoid : read(value, type.option.value_type)
  if (type.result) return read(value, value.type === 'Error' ? type.result.error_type : type.result.ok_type)
  if (type.bytes_n)
    return value.type === 'Bytes' && isOfLength(value.text, type.bytes_n.n) ? plainValueOf(value) : undefined
  if (type.udt) {
    const userType = types.get(type.udt.name)
    return userType && readUserTyped(value, userType, types)
  }
  if (type.vec) {
    const element = type.vec.element_type
    return value.type === 'Vec' ? listOf(value.elements.map((inner) => read(inner, element))) : undefined
  }
  if (type.tuple) return readTuple(value, type.tuple.value_types, types)
  if (type.map && value.type === 'Map') {
    const { key_type: keyType, value_type: valueType } = type.map
    return objectOf(value.entries.map(({ key, value: member }) => [read(key, keyType)?.text, read(member, valueType)]))
  }
  return undefined
}

/**
 * The kind that expressions see for a value of the type, undefined when it depends on the value. Bytes of any length are
 * `Bytes`: OZ Monitor's `Bytes32` has no operators (spec/05 Q9).
 */
export function kindOfType(type: StellarType, types: UserTypes): string | undefined {
  if (typeof type === 'string') return plainKinds.get(type)
  if (type.option) return kindOfType(type.option.value_type, types)
  if (type.vec || type.tuple) return 'Vec'
  if (type.map) return 'Map'
  if (type.bytes_n) return 'Bytes'
  const userType = type.udt && types.get(type.udt.name)
  if (!userType || userType.form === 'union') return undefined
  if (userType.form !== 'struct') return 'Symbol'
  return isTupleStruct(userType) ? 'Vec' : 'Map'
}

const plainKinds: ReadonlyMap<string, string> = new Map([
  ['bool', 'Bool'],
  ['void', 'Void'],
  ['error', 'Error'],
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
  ['bytes', 'Bytes'],
  ['string', 'String'],
  ['symbol', 'Symbol'],
  ['address', 'Address'],
  ['muxed_address', 'Address'],
])

function readPlain(value: ScValue, type: Extract<StellarType, string>): PlainValue | undefined {
  if (type === 'val') return plainValueOf(value)
  return value.type === plainKinds.get(type) ? plainValueOf(value) : undefined
}

function readUserTyped(value: ScValue, userType: UserType, types: UserTypes): PlainValue | undefined {
  switch (userType.form) {
    case 'struct':
      return readStruct(value, userType, types)
    case 'union':
      return readUnion(value, userType, types)
    case 'enum':
      return value.type === 'U32' ? caseOf(userType, value.text) : undefined
    case 'error_enum':
      if (value.type === 'U32') return caseOf(userType, value.text)
      if (value.type !== 'Error') return undefined
      return value.kind === 'contract' ? caseOf(userType, value.code) : plainText('Error', errorText(value))
  }
}

function readStruct(
  value: ScValue,
  struct: Extract<UserType, { form: 'struct' }>,
  types: UserTypes,
): PlainValue | undefined {
  if (isTupleStruct(struct))
    return readTuple(
      value,
      struct.fields.map(({ type }) => type),
      types,
    )
  if (value.type !== 'Map' || value.entries.length !== struct.fields.length) return undefined
  const members = new Map(value.entries.map(({ key, value: member }) => [keyText(key), member]))
  return objectOf(
    struct.fields.map(({ name, type }) => {
      const member = members.get(name)
      return [name, member && readTyped(member, type, types)]
    }),
  )
}

/** A case without values is its name; one with a value an object that maps the name to it, or to the list of them. */
function readUnion(
  value: ScValue,
  { cases }: Extract<UserType, { form: 'union' }>,
  types: UserTypes,
): PlainValue | undefined {
  if (value.type !== 'Vec') return undefined
  const [name, ...values] = value.elements
  const valueTypes = name?.type === 'Symbol' ? cases.get(name.text) : undefined
  if (name === undefined || valueTypes?.length !== values.length) return undefined
  const label = keyText(name)
  if (values.length === 0) return plainText('Symbol', label)
  const list = readElements(values, valueTypes, types)
  const [only] = list
  return objectOf([[label, list.length === 1 ? only : listOf(list)]])
}

function readTuple(value: ScValue, valueTypes: readonly StellarType[], types: UserTypes): PlainValue | undefined {
  // A tuple of nothing is a void.
  if (valueTypes.length === 0 && value.type === 'Void') return plainVoid
  if (value.type !== 'Vec' || value.elements.length !== valueTypes.length) return undefined
  return listOf(readElements(value.elements, valueTypes, types))
}

function readElements(values: readonly ScValue[], valueTypes: readonly StellarType[], types: UserTypes) {
  return values.map((value, index) => {
    const type = valueTypes[index]
    return type === undefined ? undefined : readTyped(value, type, types)
  })
}

function listOf(elements: readonly (PlainValue | undefined)[]): PlainValue | undefined {
  const known = elements.filter((element) => element !== undefined)
  return known.length === elements.length ? plainList(known) : undefined
}

function objectOf(
  members: readonly (readonly [name: string | undefined, value: PlainValue | undefined])[],
): PlainValue | undefined {
  const known: [string, PlainValue][] = []
  for (const [name, value] of members) {
    if (name === undefined || value === undefined) return undefined
    known.push([name, value])
  }
  return plainObject(known)
}

function caseOf({ cases }: { cases: ReadonlyMap<string, string> }, number: string): PlainValue | undefined {
  const name = cases.get(number)
  return name === undefined ? undefined : plainText('Symbol', name)
}

/** Fields named by position are those of a struct without names, which is passed as a vec. */
function isTupleStruct({ fields }: { fields: readonly { name: string }[] }): boolean {
  return fields.length > 0 && fields.every(({ name }, index) => name === String(index))
}

function isOfLength(hex: string, length: number | bigint): boolean {
  return hex.length === Number(length) * 2
}
