import { JsonNumber, type JsonValue, stringifyJson } from '@smt/engine'

export type JsonObject = { [key: string]: JsonValue }

/** Whether a parsed value is a JSON object: no array, no null, no number that keeps its text. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
}

/** A member of something that may be no object. */
export function memberOf(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** A text of an object that may be none. */
export function textOf(value: JsonValue | undefined, key: string): string | undefined {
  const text = memberOf(value, key)
  return typeof text === 'string' ? text : undefined
}

/** The items of an array of an object that may be none. */
export function itemsOf(value: JsonValue | undefined, key: string): readonly JsonValue[] {
  const items = memberOf(value, key)
  return Array.isArray(items) ? items : []
}

/** Indented by two spaces, every digit kept, with a line break at the end: the form of a file. */
export function prettyJson(value: JsonValue): string {
  return `${indented(value, '')}\n`
}

function indented(value: JsonValue, indent: string): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((item) => inner + indented(item, inner)).join(',\n')}\n${indent}]`
  }
  if (!isJsonObject(value)) return stringifyJson(value)
  const members = Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${indented(item, inner)}`)
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`
}

/** The same text for equal values, whatever the order of their keys. */
export function canonicalJson(value: JsonValue): string {
  return stringifyJson(sorted(value))
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}
