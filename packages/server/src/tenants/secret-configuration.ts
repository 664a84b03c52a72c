import type { JsonValue } from '@smt/engine'
import type { Problem } from '../platform/errors.ts'
import type { SecretPlace, TenantSecrets } from '../platform/secrets.ts'
import { maskOfSecret, maskOfUrl } from './secret-mask.ts'
import { listSecretsAt, mapSecretsAt, type ConfigurationKind } from './secret-paths.ts'

export type { ConfigurationKind }

/** With what, and bound to which row, the secrets of a configuration are sealed. */
export type Sealing = { secrets: TenantSecrets; place: SecretPlace }

/**
 * The stored form of a configuration: each plain secret `{type, value}` becomes `{type, value: <sealed>, mask}`. Only
 * configurations without `unsupportedSecretProblems` can be sealed.
 */
export function sealConfiguration(kind: ConfigurationKind, config: JsonValue, { secrets, place }: Sealing): JsonValue {
  const plainByMask = new Map<string, string>()
  return mapSecretsAt(kind, config, ({ object, type, value, path }) => {
    if (!isPlain(type)) throw new Error(`a secret of type ${type} cannot be stored`)
    const mask = uniqueMask(path.isUrl ? maskOfUrl(value) : maskOfSecret(), { field: path.pattern, value, plainByMask })
    return { ...object, value: secrets.seal(value, place), mask }
  })
}

/** What answers and audit rows show of a stored configuration: masks instead of secrets. */
export function maskConfiguration(kind: ConfigurationKind, stored: JsonValue): JsonValue {
  return mapSecretsAt(kind, stored, ({ object: { mask: _, ...rest }, mask }) => ({
    ...rest,
    value: mask ?? maskOfSecret(),
  }))
}

/** A stored configuration with its secrets in clear, for those who use them: ingestion and delivery. */
export function openConfiguration(kind: ConfigurationKind, stored: JsonValue, { secrets, place }: Sealing): JsonValue {
  return mapSecretsAt(kind, stored, ({ object: { mask: _, ...rest }, value }) => ({
    ...rest,
    value: secrets.open(value, place),
  }))
}

/**
 * Puts the stored secret where the incoming configuration holds exactly its mask, which means "unchanged" (design 9). A
 * mask stands for the secret of the same field, wherever in a list of endpoints it has moved to.
 */
export function mergeMaskedSecrets(
  kind: ConfigurationKind,
  incoming: JsonValue,
  { stored, sealing: { secrets, place } }: { stored: JsonValue | undefined; sealing: Sealing },
): { configuration: JsonValue; problems: Problem[] } {
  const sealedByMask = new Map<string, string>()
  for (const { path, mask, value } of stored === undefined ? [] : listSecretsAt(kind, stored)) {
    sealedByMask.set(`${path.pattern} ${mask}`, value)
  }
  const problems: Problem[] = []
  const configuration = mapSecretsAt(kind, incoming, ({ object, type, value, path, pointer }) => {
    if (!isPlain(type) || !value.includes('••••')) return object
    const sealed = sealedByMask.get(`${path.pattern} ${value}`)
    if (sealed !== undefined) return { ...object, value: secrets.open(sealed, place) }
    problems.push({
      pointer: `${pointer}/value`,
      code: 'mask_without_value',
      message: 'This is the mask of a secret that is not stored here. Send the secret itself.',
    })
    return object
  })
  return { configuration, problems }
}

/** Secrets that would be read from the surroundings of the process: refused until they can be kept apart per tenant. */
export function unsupportedSecretProblems(kind: ConfigurationKind, config: JsonValue): Problem[] {
  return listSecretsAt(kind, config)
    .filter(({ type }) => ['environment', 'hashicorpcloudvault'].includes(type.toLowerCase()))
    .map(({ pointer, type }) => ({
      pointer: `${pointer}/type`,
      code: 'unsupported_secret_type',
      message: `Secrets of type ${type} are not supported. Send the value as a Plain secret: it is stored encrypted.`,
    }))
}

function isPlain(type: string): boolean {
  return type.toLowerCase() === 'plain'
}

type MaskOwner = { field: string; value: string; plainByMask: Map<string, string> }

// Two different secrets of one field must not share a mask, or it would not say which of them is meant.
function uniqueMask(mask: string, { field, value, plainByMask }: MaskOwner): string {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? mask : `${mask} (${number})`
    const holder = plainByMask.get(`${field} ${candidate}`)
    if (holder === undefined || holder === value) {
      plainByMask.set(`${field} ${candidate}`, value)
      return candidate
    }
  }
}
