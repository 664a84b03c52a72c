import { isIntegerType, type ScEntry, type ScError, type ScValue } from './sc-value.ts'
import { unescapeText } from './utf8-text.ts'

/**
 * A value as the `spec` and `token` readings show it. `text` is the value of a match argument: the bare text of a scalar,
 * compact JSON of a container. `json` is the same inside a container: integers are numbers with all their digits, bytes
 * hexadecimal, strings UTF-8 text.
 */
export type PlainValue = { kind: string; text: string; json: string }

/** By the value alone, without a type. */
export function plainValueOf(value: ScValue): PlainValue {
  if (value.type === 'Vec') return plainList(value.elements.map(plainValueOf))
  if (value.type === 'Map') {
    return plainObject(value.entries.map(({ key, value: member }) => [keyText(key), plainValueOf(member)]))
  }
  if (value.type === 'Error') return plainText('Error', errorText(value))
  if (!('text' in value)) return plainVoid
  const { type, text } = value
  if (isIntegerType(type) || type === 'Bool') return { kind: type, text, json: text }
  return plainText(type, type === 'String' || type === 'Symbol' ? unescapeText(text) : text)
}

/** Of a void, and of an option that holds nothing: no operator of an expression takes it. */
export const plainVoid: PlainValue = { kind: 'Void', text: '', json: 'null' }

export function plainText(kind: string, text: string): PlainValue {
  return { kind, text, json: JSON.stringify(text) }
}

export function plainList(elements: readonly PlainValue[]): PlainValue {
  const json = `[${elements.map((element) => element.json).join(',')}]`
  return { kind: 'Vec', text: json, json }
}

/** Members in the given order. */
export function plainObject(members: readonly (readonly [name: string, value: PlainValue])[]): PlainValue {
  const json = `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value.json}`).join(',')}}`
  return { kind: 'Map', text: json, json }
}

/** The key of a map as the name of a member. */
export function keyText(key: ScEntry['key']): string {
  return plainValueOf(key).text
}

export function errorText({ kind, code }: ScError): string {
  return `${kind}:${code}`
}
