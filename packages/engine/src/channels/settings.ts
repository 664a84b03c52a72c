import { toPointer } from '../config/problem.ts'
import { isRecord, member } from '../config/record.ts'
import type { Secret } from '../config/secret.ts'
import type { ChannelDefinition, SecretField } from './channel-definition.ts'

/** Whose settings these are, judged by the field that no other channel has. */
export function ownerOf<Channel extends ChannelDefinition>(
  among: readonly Channel[],
  settings: unknown,
): Channel | undefined {
  return among.find(({ keyField }) => member(settings, keyField) !== undefined)
}

/** Which secrets the settings of any of these can hold, each field once. */
export function secretFieldsOf(among: readonly ChannelDefinition[]): SecretField[] {
  return [...new Map(among.flatMap(({ secrets }) => secrets.map((secret) => [secret.field, secret]))).values()]
}

/** A copy of settings in which each secret is replaced; `replace` is given the pointer from the root of the trigger. */
export function mapSettings<Settings extends object>(
  among: readonly ChannelDefinition[],
  settings: Settings,
  replace: (secret: Secret, pointer: string) => Secret,
): Settings {
  const secrets = ownerOf(among, settings)?.secrets ?? []
  return secrets.reduce(
    (changed, { field }) => {
      const secret = member(changed, field)
      return isSecret(secret) ? { ...changed, [field]: replace(secret, toPointer(['config', field])) } : changed
    },
    { ...settings },
  )
}

function isSecret(value: unknown): value is Secret {
  return isRecord(value) && typeof value.type === 'string' && typeof value.value === 'string'
}
