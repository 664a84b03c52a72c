import { JsonNumber, type JsonValue } from '../config/json.ts'
import { ChainDataError } from './chain-data-error.ts'

export type JsonObject = { [key: string]: JsonValue }

/** Reads one value or throws ChainDataError naming `pointer`. */
export type Read<T> = (value: unknown, pointer: string) => T

/** A JSON object of a chain node, and where it stands in the answer. */
export type Source = { members: { [key: string]: unknown }; pointer: string }

/** The members of a JSON object. Blocks have thousands of them, so nothing is made per object but this. */
export function readObject(value: unknown, pointer: string): Source {
  if (!isObject(value)) throw new ChainDataError(pointer, 'must be an object')
  return { members: value, pointer }
}

/** The member, which must be there. */
export function required<T>(source: Source, key: string, read: Read<T>): T {
  const result = nullable(source, key, read)
  if (result === null) throw new ChainDataError(`${source.pointer}/${key}`, 'is missing')
  return result
}

/** The member; absent and `null` are the same. */
export function nullable<T>({ members, pointer }: Source, key: string, read: Read<T>): T | null {
  const member = Object.hasOwn(members, key) ? members[key] : undefined
  return member === undefined || member === null ? null : read(member, `${pointer}/${key}`)
}

/** Copies the member under its own key, or nothing when it is absent or `null`. */
export function copyOmittable(source: Source, target: JsonObject, key: string, read: Read<JsonValue>): void {
  const result = nullable(source, key, read)
  if (result !== null) target[key] = result
}

/** Copies every member not named in `known`, as the node wrote it. */
export function copyOthers({ members, pointer }: Source, target: JsonObject, known: ReadonlySet<string>): void {
  for (const key of Object.keys(members)) {
    if (known.has(key)) continue
    const value = readVerbatim(members[key], `${pointer}/${escapeKey(key)}`)
    // Defined and not assigned, so that a key named `__proto__` stays a key.
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  }
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
}

/** Reads each element of an array. */
export function readArray<T>(read: Read<T>): Read<T[]> {
  return (value, pointer) => {
    if (!Array.isArray(value)) throw new ChainDataError(pointer, 'must be an array')
    return value.map((element: unknown, index) => read(element, `${pointer}/${index}`))
  }
}

const DEPTH_MAX = 128

/** The member as the node wrote it. */
export function readVerbatim(value: unknown, pointer: string): JsonValue {
  if (!isJsonValue(value, DEPTH_MAX)) throw new ChainDataError(pointer, `must be JSON of at most ${DEPTH_MAX} levels`)
  return value
}

function isJsonValue(value: unknown, depth: number): value is JsonValue {
  if (value === null || ['boolean', 'string', 'number', 'bigint'].includes(typeof value)) return true
  if (value instanceof JsonNumber) return true
  if (typeof value !== 'object' || depth === 0) return false
  return Object.values(value).every((member) => isJsonValue(member, depth - 1))
}

function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
