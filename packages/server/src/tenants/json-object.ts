import { JsonNumber, type JsonValue } from '@smt/engine'
import { isStorableText } from './storable-text.ts'

export type JsonObject = { [key: string]: JsonValue }

/** Whether a parsed JSON value is an object: not an array, not null, not a number that keeps its text. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
}

/** A text of an object that may not be one, when PostgreSQL can hold it. */
export function textIn(value: JsonValue | undefined, key: string): string | undefined {
  const field = isJsonObject(value) ? value[key] : undefined
  return typeof field === 'string' && isStorableText(field) ? field : undefined
}
