import type { JsonValue } from '../config/json.ts'
import { XdrError } from './xdr-error.ts'

/** Readers for what {@link decodeXdr} returns. The decoder writes nothing else, so a failure is a newer decoder's form. */

export function membersOf(value: JsonValue | undefined): { [key: string]: JsonValue } {
  if (!isMembers(value)) throw new XdrError('lacks an object')
  return value
}

export function listOf(value: JsonValue | undefined): JsonValue[] {
  if (!Array.isArray(value)) throw new XdrError('lacks a list')
  return value
}

export function textOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new XdrError('lacks a text')
  return value
}

/** An integer in decimal: those of 32 bits are numbers, wider ones are texts. */
export function integerOf(value: JsonValue | undefined): string {
  if (typeof value === 'number') return String(value)
  return textOf(value)
}

/** An arm of a union: its name alone when it holds nothing, else an object with the name as the only key. */
export type Arm = { name: string; value: JsonValue | undefined }

export function armOf(value: JsonValue | undefined): Arm {
  if (typeof value === 'string') return { name: value, value: undefined }
  const [entry, ...others] = Object.entries(membersOf(value))
  if (entry === undefined || others.length > 0) throw new XdrError('lacks the arm of a union')
  return { name: entry[0], value: entry[1] }
}

function isMembers(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
