import { z } from 'zod'
import type { ChannelDefinition, SecretField } from '../channels/channel-definition.ts'
import { channels, type TriggerType } from '../channels/channels.ts'
import { ownerOf, secretFieldsOf } from '../channels/settings.ts'

/** The schema of triggers that use these channels. */
export function createTriggerSchema<const Channel extends ChannelDefinition>(among: readonly Channel[]) {
  const names: readonly Channel['name'][] = among.map(({ name }) => name)
  const schemas: readonly Channel['schema'][] = among.map(({ schema }) => schema)
  return z
    .strictObject({
      name: z.string().min(1, { error: 'must not be empty' }).describe('A label for people.'),
      trigger_type: z.enum(names).describe('The channel; it decides what `config` holds.'),
      config: z.union(schemas).describe('The settings of the channel.'),
    })
    .meta({ title: 'Trigger configuration', description: 'A trigger in the format of OpenZeppelin Monitor.' })
}

/**
 * One trigger in the form of spec/01 §8. `config` has the shape of one channel, whose required fields are those of no other;
 * a shape that does not belong to `trigger_type` is accepted as it is there (see `checkTrigger`, which warns).
 */
export const triggerSchema = createTriggerSchema(channels)

export type TriggerConfig = z.infer<typeof triggerSchema>

/** The settings of one channel. */
export type ChannelConfig<Type extends TriggerType> = z.output<
  Extract<(typeof channels)[number], { name: Type }>['schema']
>

/** The channel whose shape `config` has, which need not be the `trigger_type` (spec/02 §2.1). */
export function triggerConfigKind(config: TriggerConfig['config']): TriggerType {
  const owner = ownerOf(channels, config)
  if (owner === undefined) throw new Error('the settings of a trigger are those of no channel')
  return owner.name
}

/** Which secrets the `config` of a trigger can hold. */
export const triggerSecretFields: readonly SecretField[] = secretFieldsOf(channels)
