import { createHmac } from 'node:crypto'
import { type ConfigKind, type ConfigOf, listSecrets, type JsonValue } from '@smt/engine'
import { z } from 'zod'
import type { StoredObject } from '../api/stored-object.ts'
import { isJsonObject, type JsonObject, memberOf } from '../json.ts'

/** Where an import keeps what it needs to recognise secrets again, among the object's own `extensions`. */
export const extensionKey = 'smt_import'

/**
 * Tells whether a secret is the one that this key imported before, although the server never shows it. The fingerprint
 * is an HMAC under the API key: without that key nobody can try out guesses, and another key simply knows nothing.
 */
export type Fingerprints = { of(kind: ConfigKind, id: string, pointer: string, value: string): string }

export function createFingerprints({ apiKey, tenant }: { apiKey: string; tenant: string }): Fingerprints {
  return {
    of: (kind, id, pointer, value) =>
      createHmac('sha256', apiKey)
        .update(JSON.stringify(['smt import 1', tenant, kind, id, fieldOf(pointer), value]))
        .digest('hex')
        .slice(0, 32),
  }
}

/** The field of a secret, the same for each item of a list: a secret may move within it. */
export function fieldOf(pointer: string): string {
  return pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*')
}

const extensionSchema = z.object({ version: z.int(), secrets: z.record(z.string(), z.string()) })

/** The fingerprints of an object by pointer; none when anybody has changed the object since. */
export function knownFingerprints({ beside, version }: Pick<StoredObject, 'beside' | 'version'>): Map<string, string> {
  const parsed = extensionSchema.safeParse(memberOf(beside['extensions'], extensionKey))
  return parsed.success && parsed.data.version === version ? new Map(Object.entries(parsed.data.secrets)) : new Map()
}

/** What stands beside a configuration, with fingerprints that hold for `version` of the object. */
export function withFingerprints(
  beside: JsonObject,
  { version, secrets }: { version: number; secrets: ReadonlyMap<string, string> },
): JsonObject {
  const others = ownExtensions(beside)
  if (secrets.size === 0) return { ...beside, extensions: others }
  const extension: JsonValue = { version, secrets: Object.fromEntries(secrets) }
  return { ...beside, extensions: { ...others, [extensionKey]: extension } }
}

/** The extensions without what an import keeps there. */
export function ownExtensions(beside: JsonObject): JsonObject {
  const stored = beside['extensions']
  const { [extensionKey]: _, ...others } = isJsonObject(stored) ? stored : {}
  return others
}

/** All secrets of a configuration by pointer. */
export function secretsByPointer<K extends ConfigKind>(kind: K, config: ConfigOf[K]): Map<string, string> {
  return new Map(listSecrets(kind, config).map(({ pointer, secret }) => [pointer, secret.value]))
}
