import type { JsonObject } from '../evm/json-object.ts'

/** The keys named first, then the others as they come. */
export function inOrder(object: JsonObject, keys: readonly string[]): JsonObject {
  const first = keys.filter((key) => Object.hasOwn(object, key)).map((key) => [key, object[key] ?? null] as const)
  return { ...Object.fromEntries(first), ...object }
}
