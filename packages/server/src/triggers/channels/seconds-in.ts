import { JsonNumber, parseJson, type JsonValue } from '@smt/engine'
import { isJsonObject } from '../../tenants/json-object.ts'

/** A number of seconds in an answer; 0 when it is not there or the answer is not JSON. */
export function secondsIn(body: string, path: readonly string[]): number {
  let value = jsonIn(body)
  for (const key of path) value = isJsonObject(value) ? value[key] : undefined
  const seconds = value instanceof JsonNumber ? Number(value.text) : typeof value === 'number' ? value : 0
  return Number.isFinite(seconds) ? seconds : 0
}

/** A text in an answer; empty when it is not there. */
export function textIn(body: string, key: string): string {
  const value = jsonIn(body)
  const member = isJsonObject(value) ? value[key] : undefined
  return typeof member === 'string' ? member : ''
}

function jsonIn(body: string): JsonValue | undefined {
  try {
    return parseJson(body)
  } catch {
    return undefined
  }
}
