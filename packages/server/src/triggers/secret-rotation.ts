import type { JsonValue } from '@smt/engine'
import type { TenantSecrets } from '../platform/secrets.ts'
import type { JsonObject } from '../tenants/json-object.ts'
import { listSecretsAt } from '../tenants/secret-paths.ts'
import { secretPlaceOf, type TriggerPlace } from './open-trigger.ts'

/** Seconds for which messages are signed with the previous secret, too. */
export const overlapDefaultS = 86_400
export const overlapMaxS = 604_800

/** What becomes of the previous secret of a trigger that is saved: it stays as it is, is erased, or is another one now. */
export type PreviousSecret = 'keep' | 'end' | { sealed: string; validS: number }

export function isOverlap(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= overlapMaxS
}

type Rotation = {
  /** Secrets sealed. */
  stored: JsonValue
  /** Secrets in clear. */
  next: JsonValue
  /** Of `next`; an overlap in it has been checked. */
  extensions: JsonObject
  secrets: TenantSecrets
  place: TriggerPlace
}

/**
 * The secret before becomes the previous one when the secret of signatures changes to another. No overlap is left when
 * there is no secret any more, or no time for it.
 */
export function previousSecretOf({ stored, next, extensions, secrets, place }: Rotation): PreviousSecret {
  const { previous_secret_valid_s: validS = overlapDefaultS } = extensions
  const sealed = signingSecretOf(stored)
  const current = signingSecretOf(next)
  if (sealed === undefined || current === undefined || typeof validS !== 'number' || validS === 0) return 'end'
  const before = secrets.open(sealed, secretPlaceOf(place, 'configuration'))
  if (before === current) return 'keep'
  // Nothing was ever signed with an empty one.
  if (before === '') return 'end'
  return { sealed: secrets.seal(before, secretPlaceOf(place, 'previous_secret')), validS }
}

function signingSecretOf(configuration: JsonValue): string | undefined {
  return listSecretsAt('trigger', configuration).find(({ path }) => path.isSigningKey)?.value
}
