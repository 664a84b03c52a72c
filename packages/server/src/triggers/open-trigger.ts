import { triggerSchema, type JsonValue, type TriggerConfig } from '@smt/engine'
import type { TenantSecrets } from '../platform/secrets.ts'
import { openConfiguration } from '../tenants/secret-configuration.ts'

/** A trigger as it is stored: secrets sealed. `previousSecret` is read only while it is valid. */
export type SealedTrigger = { configuration: JsonValue; previousSecret: string | null }

/** A trigger with its secrets in clear, to send with it. Nothing of it may reach an answer, a log or an audit event. */
export type OpenTrigger = {
  configuration: TriggerConfig
  /** What it signed with before: its receiver may still check with that. */
  previousSecret: string | undefined
}

export type TriggerPlace = { tenantId: string; id: string }

/** @throws SecretError when a secret does not open. */
export function openTrigger(secrets: TenantSecrets, place: TriggerPlace, sealed: SealedTrigger): OpenTrigger {
  const configuration = openConfiguration('trigger', sealed.configuration, {
    secrets,
    place: secretPlaceOf(place, 'configuration'),
  })
  const { previousSecret } = sealed
  return {
    configuration: triggerSchema.parse(configuration),
    previousSecret:
      previousSecret === null ? undefined : secrets.open(previousSecret, secretPlaceOf(place, 'previous_secret')),
  }
}

/** What the secrets of a column of this trigger are bound to. */
export function secretPlaceOf({ tenantId, id }: TriggerPlace, column: 'configuration' | 'previous_secret') {
  return { tenantId, table: 'triggers', rowId: id, column }
}
