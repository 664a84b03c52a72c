import { triggerSecretFields, type JsonValue } from '@smt/engine'
import { isJsonObject, type JsonObject } from './json-object.ts'
import { pointerOf } from './pointer.ts'

export type ConfigurationKind = 'network' | 'monitor' | 'trigger'

/** A field that holds secrets; `*` stands for each item of an array. */
export type SecretPath = { pattern: string; isUrl: boolean; isSigningKey?: boolean }

export type FoundSecret = {
  path: SecretPath
  /** From the root of the configuration. */
  pointer: string
  type: string
  value: string
  /** Of a stored secret. */
  mask: string | undefined
  object: JsonObject
}

/** Where secret values are used (spec/01 §2); nowhere else. */
export const secretPaths: Record<ConfigurationKind, readonly SecretPath[]> = {
  network: [{ pattern: 'rpc_urls/*/url', isUrl: true }],
  monitor: [{ pattern: 'chain_configurations/*/midnight/viewing_keys/*', isUrl: false }],
  trigger: triggerSecretFields.map(({ field, ...rest }) => ({ pattern: `config/${field}`, ...rest })),
}

/**
 * A copy of a configuration, right or wrong, with its secrets replaced. What stands at the place of a secret without
 * being one is left for the checks to complain about.
 */
export function mapSecretsAt(
  kind: ConfigurationKind,
  config: JsonValue,
  replace: (secret: FoundSecret) => JsonValue,
): JsonValue {
  return secretPaths[kind].reduce(
    (whole, path) =>
      mapAt(whole, path.pattern.split('/'), (value, at) => mapSecret(value, { path, pointer: pointerOf(at) }, replace)),
    config,
  )
}

/** The secrets of a configuration, right or wrong. */
export function listSecretsAt(kind: ConfigurationKind, config: JsonValue): FoundSecret[] {
  const found: FoundSecret[] = []
  mapSecretsAt(kind, config, (secret) => {
    found.push(secret)
    return secret.object
  })
  return found
}

function mapSecret(
  value: JsonValue,
  { path, pointer }: Pick<FoundSecret, 'path' | 'pointer'>,
  replace: (secret: FoundSecret) => JsonValue,
): JsonValue {
  if (!isJsonObject(value)) return value
  const { type, value: text, mask } = value
  if (typeof type !== 'string' || typeof text !== 'string') return value
  return replace({ path, pointer, type, value: text, mask: typeof mask === 'string' ? mask : undefined, object: value })
}

type Change = (value: JsonValue, at: readonly PropertyKey[]) => JsonValue

function mapAt(
  value: JsonValue,
  [key, ...rest]: readonly string[],
  change: Change,
  at: readonly PropertyKey[] = [],
): JsonValue {
  if (key === undefined) return change(value, at)
  if (key === '*') {
    return Array.isArray(value) ? value.map((item, index) => mapAt(item, rest, change, [...at, index])) : value
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) return value
  // fromEntries defines keys, so that a key named `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === key ? mapAt(item, rest, change, [...at, key]) : item]),
  )
}
