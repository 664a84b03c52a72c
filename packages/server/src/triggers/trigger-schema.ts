import { triggerSchema } from '@smt/engine'
import { z } from 'zod'
import { documentedEnvelopeShape, envelopeShape, objectId } from '../tenants/envelope.ts'
import { writeWarnings } from '../tenants/write-warnings.ts'
import { isOverlap, overlapDefaultS, overlapMaxS } from './secret-rotation.ts'

const extensions = envelopeShape.extensions.refine(
  ({ previous_secret_valid_s: validS }) => validS === undefined || isOverlap(validS),
  { path: ['previous_secret_valid_s'], error: `This is a whole number of seconds from 0 to ${overlapMaxS}.` },
)

const documentedExtensions = z
  .looseObject({
    previous_secret_valid_s: z
      .int()
      .min(0)
      .max(overlapMaxS)
      .exactOptional()
      .meta({
        description:
          'For how many seconds messages are signed with the previous secret, too, when the secret of signatures changes ' +
          `(default ${overlapDefaultS}); 0 ends an overlap at once.`,
      }),
  })
  .default({})
  .meta({ description: 'What OZ Monitor does not know, and anything of your own, at most 16 KiB.' })

const documentedShape = { ...documentedEnvelopeShape, extensions: documentedExtensions }

/** What stands beside the configuration of a trigger when it is written. */
export const triggerEnvelope = z.strictObject({ trigger_id: objectId, ...envelopeShape, extensions })

export const triggerBody = z
  .strictObject({ trigger_id: objectId, configuration: triggerSchema, ...documentedShape })
  .meta({ id: 'TriggerInput' })

export const triggerReplaceBody = z
  .strictObject({ trigger_id: objectId.optional(), configuration: triggerSchema, ...documentedShape })
  .meta({ id: 'TriggerReplacement' })

const triggerShape = {
  id: z.uuid(),
  trigger_id: z.string(),
  name: z.string(),
  trigger_type: z.string(),
  configuration: z
    .record(z.string(), z.unknown())
    .meta({ description: 'One trigger object of OZ Monitor. Secrets are masked.' }),
  labels: z.record(z.string(), z.string()),
  extensions: z.record(z.string(), z.unknown()),
  is_active: z.boolean(),
  disabled_at: z.iso.datetime().nullable().meta({
    description: 'When its receiver had failed for three days. Nothing is sent until the trigger is saved again.',
  }),
  previous_secret_valid_until: z.iso.datetime().nullable().meta({
    description: 'Until when messages are signed with the previous secret, too.',
  }),
  version: z.int().positive(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
}

export const triggerAnswer = z.object(triggerShape).meta({ id: 'Trigger' })

export const savedTriggerAnswer = z.object({ ...triggerShape, warnings: writeWarnings }).meta({ id: 'SavedTrigger' })

export const triggerPage = z.object({ items: z.array(triggerAnswer), next_cursor: z.string().nullable() })
