import type { JsonValue } from '@smt/engine'
import { isJsonObject } from './json-object.ts'

/** Applies a JSON merge patch (RFC 7396): objects merge key by key, `null` deletes a key, anything else replaces. */
export function applyMergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, applyMergePatch(merged.get(key), value))
  }
  // fromEntries defines keys, so that a key named `__proto__` stays a key.
  return Object.fromEntries(merged)
}

/** Patches an object in its written form; a `name` beside the configuration is taken for the one inside. */
export function patchObject(current: JsonValue, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch) || patch['name'] === undefined) return applyMergePatch(current, patch)
  const { name, ...rest } = patch
  return applyMergePatch(applyMergePatch(current, { configuration: { name } }), rest)
}
