import type { MatchArgument } from '../evm/argument-decoder.ts'
import { isStrkey } from './strkey.ts'
import { isIntegerType, type ScValue } from './sc-value.ts'

/** How OZ Monitor names, shows and serialises values (spec/05 §6). Its one error, a negative I256 without its sign, is not copied. */

/** The runtime type (spec/05 §6.2), such as `Vec<U32>` or `Bytes3`. */
export function ozTypeOf(value: ScValue): string {
  switch (value.type) {
    case 'Vec':
      return `Vec<${elementTypes(value.elements)}>`
    case 'Map':
      return `Map<String,${elementTypes(ozMembersOf(value).map(([, member]) => member))}>`
    case 'Bytes':
      return value.text === '' ? 'Bytes' : `Bytes${value.text.length / 2}`
    case 'Void':
    case 'Error':
    case 'Other':
      return 'Void'
    default:
      return value.type
  }
}

/** The text of an event's parameter (spec/05 §6.3); of containers it is no JSON. */
export function ozDisplayOf(value: ScValue): string {
  switch (value.type) {
    case 'Vec':
      return `[${value.elements.map(ozDisplayOf).join(',')}]`
    case 'Map':
      return `{${ozMembersOf(value)
        .map(([key, member]) => `${key}:${ozDisplayOf(member)}`)
        .join(',')}}`
    case 'Void':
    case 'Error':
    case 'Other':
      return 'null'
    case 'Address':
      return ozAddress(value.text)
    default:
      return value.text
  }
}

/** Compact JSON with sorted keys, integers exact (spec/05 §6.4). */
export function ozJsonOf(value: ScValue): string {
  switch (value.type) {
    case 'Vec':
      return `[${value.elements.map(ozJsonOf).join(',')}]`
    case 'Map':
      return `{${ozMembersOf(value)
        .map(([key, member]) => `${JSON.stringify(key)}:${ozJsonOf(member)}`)
        .join(',')}}`
    case 'Void':
    case 'Error':
    case 'Other':
      return 'null'
    case 'U128':
    case 'I128':
    case 'U256':
    case 'I256':
      return `{"type":"${value.type}","value":"${value.text}"}`
    case 'Bytes':
    case 'String':
    case 'Symbol':
      return JSON.stringify(value.text)
    case 'Address':
      return JSON.stringify(ozAddress(value.text))
    default:
      return value.text
  }
}

/** The parameter a function's argument becomes (spec/05 §6.5); `kind` is the spec's, undefined for a surplus argument. */
export function ozArgumentOf(value: ScValue, name: string, kind: string | undefined): MatchArgument {
  const entry = (entryKind: string, text: string) => ({ name, value: text, kind: entryKind, indexed: false })
  switch (value.type) {
    case 'Vec':
      return entry('Vec', ozJsonOf(value))
    case 'Map': {
      const typed = typedMember(value)
      return typed ? entry(typed.type, typed.value) : entry('Map', ozJsonOf(value))
    }
    case 'U128':
    case 'I128':
    case 'U256':
    case 'I256':
      return entry(value.type, value.text)
    case 'Void':
    case 'Error':
    case 'Other':
      return entry(kind ?? 'Null', '')
    case 'Address':
      return entry(kind ?? kindOfJson(value), ozAddress(value.text))
    default:
      return entry(kind ?? kindOfJson(value), value.text)
  }
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
  switch (value?.type) {
    case 'Bytes':
    case 'String':
    case 'Symbol':
      return value.text
    case 'Address':
      return ozAddress(value.text)
    default:
      return undefined
  }
}

/** By the JSON form alone (spec/05 §12.4). */
function kindOfJson(value: Extract<ScValue, { text: string }>): string {
  if (isIntegerType(value.type)) return value.text.startsWith('-') ? 'I64' : 'U64'
  if (value.type === 'Bool') return 'Bool'
  return isStrkey(value.text) ? 'Address' : 'String'
}

/** OZ Monitor knows accounts and contracts only. */
function ozAddress(strkey: string): string {
  return /^[GC]/.test(strkey) ? strkey : 'unsupported_address_type'
}
