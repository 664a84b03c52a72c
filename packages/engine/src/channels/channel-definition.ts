import type { z } from 'zod'
import type { Problem } from '../config/problem.ts'

/** How messages travel: settings of one channel under the name of another are sent only if both travel alike. */
export type Transport = 'http' | 'smtp'

/**
 * A field of the settings that holds a secret value; the end of a secret URL is masked, any other secret as a whole.
 * Messages are signed with a signing key, for a while also with the one before.
 */
export type SecretField<Field extends string = string> = { field: Field; isUrl: boolean; isSigningKey?: boolean }

/**
 * What the format of OpenZeppelin Monitor, and our checks, say about the `config` of one `trigger_type`. How its messages
 * are rendered and sent is no part of it.
 */
export type ChannelDefinition<
  Name extends string = string,
  Schema extends z.ZodType<object> = z.ZodType<object>,
  Way extends Transport | null = Transport | null,
> = {
  /** The `trigger_type`. */
  name: Name
  schema: Schema
  /** The required field that the settings of no other channel have: it tells whose they are. */
  keyField: string
  /** In the order of the schema. */
  secrets: readonly SecretField[]
  /** Null when this version cannot send. */
  transport: Way
  /**
   * Run on settings of any shape, with pointers from the root of the trigger: what is missing or of the wrong type is left
   * to the schema. Rules about a secret's text look at plain secrets only.
   */
  rules(config: unknown): Problem[]
  /** What is accepted but doubtful, besides what is doubtful about the URLs among the secrets. */
  warnings?(config: unknown): Problem[]
}

/** A definition whose fields are checked against its schema. */
export function defineChannel<
  const Name extends string,
  Schema extends z.ZodType<object>,
  const Way extends Transport | null,
>(
  definition: Omit<ChannelDefinition<Name, Schema, Way>, 'keyField' | 'secrets'> & {
    keyField: keyof z.output<Schema> & string
    secrets: readonly SecretField<keyof z.output<Schema> & string>[]
  },
): ChannelDefinition<Name, Schema, Way> {
  return definition
}
