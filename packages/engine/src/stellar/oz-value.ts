import type { MatchArgument } from '../evm/argument-decoder.ts'
import { isStrkey } from './strkey.ts'
import { isIntegerType, type ScScalar, type ScValue } from './sc-value.ts'

/** How OZ Monitor names, shows and serialises values (spec/05 §6). Its one error, a negative I256 without its sign, is not copied. */

/** The runtime type (spec/05 §6.2), such as `Vec<U32>` or `Bytes3`. */
export function ozTypeOf(value: ScValue): string {
  if (value.type === 'Vec') return `Vec<${elementTypes(value.elements)}>`
  if (value.type === 'Map') return `Map<String,${elementTypes(ozMembersOf(value).map(([, member]) => member))}>`
  if (!('text' in value)) return 'Void'
  return value.type === 'Bytes' && value.text !== '' ? `Bytes${value.text.length / 2}` : value.type
}

/** The text of an event's parameter (spec/05 §6.3); of containers it is no JSON. */
export function ozDisplayOf(value: ScValue): string {
  if (value.type === 'Vec') return `[${value.elements.map(ozDisplayOf).join(',')}]`
  if (value.type === 'Map') {
    const members = ozMembersOf(value).map(([key, member]) => `${key}:${ozDisplayOf(member)}`)
    return `{${members.join(',')}}`
  }
  return 'text' in value ? ozTextOf(value) : 'null'
}

/** Compact JSON with sorted keys, integers exact (spec/05 §6.4). */
export function ozJsonOf(value: ScValue): string {
  if (value.type === 'Vec') return `[${value.elements.map(ozJsonOf).join(',')}]`
  if (value.type === 'Map') {
    const members = ozMembersOf(value).map(([key, member]) => `${JSON.stringify(key)}:${ozJsonOf(member)}`)
    return `{${members.join(',')}}`
  }
  if (!('text' in value)) return 'null'
  if (isWide(value)) return `{"type":"${value.type}","value":"${value.text}"}`
  return isJsonText(value) ? JSON.stringify(ozTextOf(value)) : value.text
}

/** The parameter a function's argument becomes (spec/05 §6.5); `kind` is the spec's, undefined for a surplus argument. */
export function ozArgumentOf(value: ScValue, name: string, kind: string | undefined): MatchArgument {
  const entry = (entryKind: string, text: string) => ({ name, value: text, kind: entryKind, indexed: false })
  if (value.type === 'Vec') return entry('Vec', ozJsonOf(value))
  if (value.type === 'Map') {
    const typed = typedMember(value)
    return typed ? entry(typed.type, typed.value) : entry('Map', ozJsonOf(value))
  }
  if (!('text' in value)) return entry(kind ?? 'Null', '')
  if (isWide(value)) return entry(value.type, value.text)
  return entry(kind ?? kindOfJson(value), ozTextOf(value))
}

type OzMembers = readonly (readonly [key: string, member: ScValue])[]

/** Keys as texts in the order of their bytes; of equal ones the last stays. All texts are ASCII here. */
function ozMembersOf({ entries }: Extract<ScValue, { type: 'Map' }>): OzMembers {
  const members = new Map<string, ScValue>()
  for (const { key, value } of entries) members.set(ozDisplayOf(key), value)
  return [...members].toSorted(([left], [right]) => (left < right ? -1 : 1))
}

/** Adjacent repeats count once. */
function elementTypes(elements: readonly ScValue[]): string {
  const types: string[] = []
  for (const element of elements) {
    const type = ozTypeOf(element)
    if (types.at(-1) !== type) types.push(type)
  }
  return types.length === 0 ? 'Void' : types.join(',')
}

/** A struct that has two such members is taken for a typed number (spec/05 §6.5, quirk Q18). */
function typedMember(value: Extract<ScValue, { type: 'Map' }>): { type: string; value: string } | undefined {
  const members = new Map(ozMembersOf(value))
  const type = jsonTextOf(members.get('type'))
  const text = jsonTextOf(members.get('value'))
  return type === undefined || text === undefined ? undefined : { type, value: text }
}

/** The text of what is a string in {@link ozJsonOf}. */
function jsonTextOf(value: ScValue | undefined): string | undefined {
  return value && 'text' in value && isJsonText(value) ? ozTextOf(value) : undefined
}

/** By the JSON form alone (spec/05 §12.4). */
function kindOfJson(value: ScScalar): string {
  if (isIntegerType(value.type)) return value.text.startsWith('-') ? 'I64' : 'U64'
  if (value.type === 'Bool') return 'Bool'
  return isStrkey(ozTextOf(value)) ? 'Address' : 'String'
}

/** Of addresses OZ Monitor knows accounts and contracts only. */
function ozTextOf({ type, text }: ScScalar): string {
  return type === 'Address' && !/^[GC]/.test(text) ? 'unsupported_address_type' : text
}

/** Integers of more than 64 bits, which are objects in JSON. */
function isWide({ type }: ScScalar): boolean {
  return isIntegerType(type) && (type.endsWith('128') || type.endsWith('256'))
}

function isJsonText({ type }: ScScalar): boolean {
  return !isIntegerType(type) && type !== 'Bool'
}
