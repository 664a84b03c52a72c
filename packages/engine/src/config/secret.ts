import { z } from 'zod'
import { isRecord } from './record.ts'

export type SecretKind = 'plain' | 'environment' | 'hashicorpcloudvault'

const secretKinds: ReadonlySet<string> = new Set<SecretKind>(['plain', 'environment', 'hashicorpcloudvault'])

/** A secret value (spec/01 §2): `type` in any letter case, further keys are ignored and kept. */
export const secretSchema = z
  .looseObject({
    type: z
      .string()
      .refine((type) => secretKinds.has(type.toLowerCase()), {
        error: 'must be Plain, Environment or HashicorpCloudVault (in any letter case)',
        params: { code: 'invalid_value' },
      })
      .describe('Plain, Environment or HashicorpCloudVault, in any letter case.'),
    value: z.string().describe('The secret itself (Plain), or the name under which it is kept elsewhere.'),
  })
  .describe('A secret value. Plain text is stored encrypted and never shown again.')

export type Secret = z.infer<typeof secretSchema>

/** Where the text of a secret comes from. */
export function secretKind(secret: { type: string }): SecretKind {
  const kind = secret.type.toLowerCase()
  return kind === 'environment' || kind === 'hashicorpcloudvault' ? kind : 'plain'
}

/** The text of a plain secret; undefined for anything else, whose text is not known here. */
export function plainText(value: unknown): string | undefined {
  if (!isRecord(value) || typeof value.type !== 'string' || typeof value.value !== 'string') return undefined
  return value.type.toLowerCase() === 'plain' ? value.value : undefined
}
