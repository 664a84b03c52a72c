import { z } from 'zod'

export const severities = ['critical', 'high', 'medium', 'low'] as const

const time = z.iso.datetime()

const matchShape = {
  id: z.uuid(),
  monitor_id: z.string(),
  monitor_version: z.int().positive().meta({ description: 'The version of the monitor that matched.' }),
  network_id: z.string(),
  block_number: z.int().nonnegative(),
  block_hash: z.string(),
  block_time: time,
  tx_hash: z.string(),
  tx_index: z.int().nonnegative(),
  severity: z.enum(severities),
  matched_on: z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({ description: 'The conditions that matched; null when the body was removed.' }),
  positions: z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({
      description:
        'Where in the transaction each entry of `matched_on` happened, as index of the operation and id of the event: ' +
        'of Stellar matches, null for others.',
    }),
  body_removed_at: time.nullable().meta({
    description:
      'When what matched was removed, because the tenant stores as much as `max_storage_mb` allows. The match and its ' +
      'deliveries stay; they cannot be replayed.',
  }),
  orphaned_at: time.nullable().meta({ description: 'When the block left the chain.' }),
  created_at: time,
}

export const matchPage = z.object({
  items: z.array(z.object(matchShape).meta({ id: 'MatchSummary' })),
  next_cursor: z.string().nullable(),
})

export const matchAnswer = z
  .object({
    ...matchShape,
    match: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({
        description:
          'The match object of OZ Monitor, wrapped by the name of the chain: `{"EVM": {…}}` or `{"Stellar": {…}}`; ' +
          'null when the body was removed.',
      }),
  })
  .meta({ id: 'Match' })

export const matchCountsAnswer = z.object({
  items: z.array(z.object({ monitor_id: z.string(), day: z.iso.date(), count: z.int().positive() })),
})
