import { type ConfigKind, type ConfigOf, mapSecrets, secretKind } from '@smt/engine'
import type { Environment } from '../surroundings.ts'

/** A secret that is not in the file itself. Its text is in no member. */
export type SecretUse =
  | { kind: 'environment'; pointer: string; variable: string; isSet: boolean }
  | { kind: 'vault'; pointer: string }

/**
 * A copy with the secrets of environment variables that are set as plain ones, and where they came from. Whatever cannot
 * be resolved stays as it is written. A set but empty variable counts as set (spec/01 §2).
 */
export function resolveSecrets<K extends ConfigKind>(
  kind: K,
  config: ConfigOf[K],
  environment: Environment,
): { config: ConfigOf[K]; uses: SecretUse[] } {
  const uses: SecretUse[] = []
  const resolved = mapSecrets(kind, config, (secret, pointer) => {
    const from = secretKind(secret)
    if (from === 'plain') return secret
    if (from === 'hashicorpcloudvault') {
      uses.push({ kind: 'vault', pointer })
      return secret
    }
    const value = Object.hasOwn(environment, secret.value) ? environment[secret.value] : undefined
    uses.push({ kind: 'environment', pointer, variable: secret.value, isSet: value !== undefined })
    return value === undefined ? secret : { ...secret, type: 'Plain', value }
  })
  return { config: resolved, uses }
}
