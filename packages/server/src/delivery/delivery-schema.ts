import { z } from 'zod'
import { objectId } from '../tenants/envelope.ts'
import { deliveryStates } from './delivery-store.ts'
import { timeText } from './position.ts'

const time = z.iso.datetime()

const deliveryShape = {
  id: z.uuid(),
  webhook_id: z.string().meta({ description: 'The `webhook-id` header of every attempt.' }),
  match_id: z.uuid().meta({ description: 'Of a digest: the first of its matches.' }),
  monitor_id: z.string(),
  trigger_id: z.string(),
  kind: z.enum(['alert', 'digest', 'retraction']).meta({
    description: 'A retraction takes back an alert or a digest that was delivered and whose block left the chain.',
  }),
  incarnation: z
    .int()
    .positive()
    .meta({ description: 'How often the block of the match has become part of the chain: 1 without reorganisations.' }),
  match_count: z.int().positive(),
  digest_id: z
    .uuid()
    .nullable()
    .meta({ description: 'The digest that told this alert together with others, if one did.' }),
  state: z.enum(deliveryStates),
  error_class: z
    .string()
    .nullable()
    .meta({ description: 'The kind of the last failure: `unreachable`, `timeout`, `http_5xx`, `invalid_header`, …' }),
  recipients: z.object({ accepted: z.int().nonnegative(), refused: z.int().nonnegative() }).nullable().meta({
    description: 'Of e-mail that not all of its recipients accepted: how many did, and how many are refused for good.',
  }),
  attempt_count: z.int().nonnegative(),
  replay_count: z.int().nonnegative(),
  next_attempt_at: time.nullable().meta({ description: 'Null unless the delivery is pending.' }),
  give_up_at: time.nullable().meta({ description: 'Null when the delivery is finished.' }),
  finished_at: time.nullable(),
  created_at: time,
}

export const deliverySummary = z.object(deliveryShape).meta({ id: 'DeliverySummary' })

export const deliveryPage = z.object({ items: z.array(deliverySummary), next_cursor: z.string().nullable() })

export const deliveryAnswer = z
  .object({
    ...deliveryShape,
    attempts: z
      .array(
        z.object({
          number: z.int().positive(),
          started_at: time,
          outcome: z.enum(['delivered', 'failed']),
          http_status: z.int().nullable(),
          error_class: z.string().nullable(),
          latency_ms: z.int().nonnegative(),
        }),
      )
      .meta({ description: 'The latest 200 attempts, oldest first. What the receiver answered is not kept.' }),
  })
  .meta({ id: 'Delivery' })

export const replayBody = z
  .strictObject({
    state: z.literal('dead'),
    trigger_id: objectId.optional(),
    monitor_id: objectId.optional(),
    since: timeText.optional().meta({ description: 'Created at this time or later.' }),
    until: timeText.optional().meta({ description: 'Created before this time.' }),
  })
  .meta({ id: 'ReplayInput' })

export const replayAnswer = z.object({ replayed: z.int().nonnegative() }).meta({ id: 'Replayed' })
