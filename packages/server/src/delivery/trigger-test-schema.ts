import { z } from 'zod'
import { chainFamilies } from '../networks/source-chain.ts'

const recorded = z.strictObject({ match_id: z.guid() }).meta({ description: 'A match of the tenant.' })
const synthetic = z
  .strictObject({ chain: z.enum(chainFamilies) })
  .meta({ description: 'A made-up transfer on a made-up network of this family.' })

export const triggerTestBody = z
  .strictObject({ sample: z.union([recorded, synthetic]) })
  .meta({ id: 'TriggerTestInput' })

export const triggerTestAnswer = z
  .object({
    outcome: z
      .enum(['delivered', 'failed', 'not_sent'])
      .meta({ description: '`not_sent`: the trigger cannot send this sample, whatever the receiver says.' }),
    http_status: z.int().nullable(),
    error_class: z.string().nullable().meta({ description: 'As in `deliveries`.' }),
    latency_ms: z.int().nonnegative().nullable().meta({ description: 'Null when nobody answered or was reached.' }),
    advice: z.string().nullable().meta({
      description: 'What to change when it failed, and how to enable the trigger when it is disabled.',
    }),
    trigger_disabled_at: z.iso.datetime().nullable().meta({
      description: 'Of a disabled trigger, whose alerts are not sent. A test that succeeds does not enable it.',
    }),
    request: z
      .object({
        method: z.string(),
        url: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.string(),
      })
      .nullable()
      .meta({
        description: 'The rendered message as it was sent, secrets masked. What the receiver answered is not shown.',
      }),
  })
  .meta({ id: 'TriggerTest' })
