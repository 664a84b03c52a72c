import { monitorSchema, stellarExtensionsSchema } from '@smt/engine'
import { z } from 'zod'
import { documentedEnvelopeShape, envelopeShape, objectId } from '../tenants/envelope.ts'
import { writeWarnings } from '../tenants/write-warnings.ts'
import { severities } from './monitor-store.ts'

const severity = z.enum(severities).default('medium')

/** What stands beside the configuration of a monitor when it is written. */
export const monitorEnvelope = z.strictObject({ monitor_id: objectId, severity, ...envelopeShape })

const extensions = z
  .looseObject({ stellar: stellarExtensionsSchema.exactOptional() })
  .default({})
  .meta({ description: 'What OZ Monitor does not know, and anything of your own, at most 16 KiB.' })

const documented = { configuration: monitorSchema, severity, ...documentedEnvelopeShape, extensions }

export const monitorBody = z.strictObject({ monitor_id: objectId, ...documented }).meta({ id: 'MonitorInput' })

export const monitorReplaceBody = z
  .strictObject({ monitor_id: objectId.optional(), ...documented })
  .meta({ id: 'MonitorReplacement' })

const blockNumber = z.int().nonnegative()
const time = z.iso.datetime()

const statusShape = {
  effective_from_block: blockNumber
    .nullable()
    .meta({ description: 'From which block on this version is in force; null while that is pending.' }),
  last_evaluated_block: blockNumber.nullable(),
  lag_s: z.int().nonnegative().nullable(),
}

const monitorStatus = z
  .object({
    ...statusShape,
    last_match_at: time.nullable(),
    failing_since: time.nullable(),
    networks: z.array(
      z.object({
        network_id: z.string(),
        state: z.enum(['paused', 'pending', 'idle', 'following', 'catching_up', 'failing', 'stopped']),
        ...statusShape,
      }),
    ),
  })
  .meta({
    id: 'MonitorStatus',
    description: 'The figures beside `networks` are those of the network that is worst off.',
  })

const contentShape = {
  configuration: z.record(z.string(), z.unknown()).meta({ description: 'The monitor object of OZ Monitor.' }),
  severity: z.enum(severities),
  labels: z.record(z.string(), z.string()),
  extensions: z.record(z.string(), z.unknown()),
  version: z.int().positive(),
  created_at: time,
}

const monitorShape = {
  id: z.uuid(),
  monitor_id: z.string(),
  name: z.string(),
  ...contentShape,
  is_active: z.boolean(),
  status: monitorStatus,
  updated_at: time,
}

export const monitorAnswer = z.object(monitorShape).meta({ id: 'Monitor' })

export const savedMonitorAnswer = z.object({ ...monitorShape, warnings: writeWarnings }).meta({ id: 'SavedMonitor' })

export const monitorPage = z.object({ items: z.array(monitorAnswer), next_cursor: z.string().nullable() })

export const monitorVersionPage = z.object({
  items: z.array(z.object({ id: z.uuid(), ...contentShape, created_by: z.string() }).meta({ id: 'MonitorVersion' })),
  next_cursor: z.string().nullable(),
})

export const validationAnswer = z
  .object({
    valid: z.boolean(),
    errors: writeWarnings.meta({ description: 'All problems, with pointers from the root of the body.' }),
    warnings: writeWarnings,
    estimate: z.object({
      rpc_requests_per_minute: z
        .int()
        .nonnegative()
        .meta({ description: 'What this monitor would add to the RPC use of the tenant.' }),
    }),
  })
  .meta({ id: 'MonitorValidation' })
