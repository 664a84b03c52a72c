import { triggerSchema } from '@smt/engine'
import { z } from 'zod'
import { documentedEnvelopeShape, envelopeShape, objectId } from '../tenants/envelope.ts'
import { writeWarnings } from '../tenants/write-warnings.ts'

/** What stands beside the configuration of a trigger when it is written. */
export const triggerEnvelope = z.strictObject({ trigger_id: objectId, ...envelopeShape })

export const triggerBody = z
  .strictObject({ trigger_id: objectId, configuration: triggerSchema, ...documentedEnvelopeShape })
  .meta({ id: 'TriggerInput' })

export const triggerReplaceBody = z
  .strictObject({ trigger_id: objectId.optional(), configuration: triggerSchema, ...documentedEnvelopeShape })
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
  version: z.int().positive(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
}

export const triggerAnswer = z.object(triggerShape).meta({ id: 'Trigger' })

export const savedTriggerAnswer = z.object({ ...triggerShape, warnings: writeWarnings }).meta({ id: 'SavedTrigger' })

export const triggerPage = z.object({ items: z.array(triggerAnswer), next_cursor: z.string().nullable() })
