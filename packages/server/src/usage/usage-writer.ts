import type { Database } from '../platform/db/doors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { createLoop } from '../platform/supervised-loop.ts'
import { addCount, type UsageCount, type UsageOwner, type UsageRecorder } from './usage-recorder.ts'
import { addSharedCounts, addTenantCounts } from './usage-count-store.ts'

export type UsageWriterDeps = {
  database: Pick<Database, 'withTenant' | 'withPlatform'>
  recorder: Pick<UsageRecorder, 'take'>
  clock: Clock
  ids: Pick<Ids, 'uuid'>
  logger: Logger
}

/**
 * Stores what the recorder has counted, each tenant's in a transaction of that tenant, in the hour in which it is stored.
 * A batch whose fate is unknown is sent again under its number and counts once. What was not stored yet when the process
 * is killed is lost: at most those of `usageWriteMs` and of five times as long as a write takes, while
 * the database answers.
 */
export type UsageWriter = {
  /** Stores what there is, tenant after tenant; one that fails keeps its counts for the next time. */
  write(): Promise<void>
  start(): void
  /** Stores what is left. */
  stop(): Promise<void>
}

export const usageWriteMs = 60_000
/** A write that takes long is followed by a rest of so many times its duration: the database has other things to do. */
const restFactor = 4
/** After so many failures one after another the database is at fault, not a tenant. */
const failuresMax = 3

type Batch = { number: number; counts: UsageCount[] }

export function createUsageWriter({ database, recorder, clock, ids, logger }: UsageWriterDeps): UsageWriter {
  const writer = ids.uuid()
  const waiting = new Map<UsageOwner, Map<string, UsageCount>>()
  /** Sent, and not known to have arrived. */
  const sent = new Map<UsageOwner, Batch>()
  let batches = 0

  const store = (owner: UsageOwner, { number, counts }: Batch): Promise<void> =>
    owner === undefined
      ? database.withPlatform((tx) => addSharedCounts(tx, { writer, batch: number, counts }))
      : database.withTenant(owner, {}, (tx) => addTenantCounts(tx, owner, { writer, batch: number, counts }))

  const send = async (owner: UsageOwner): Promise<void> => {
    for (let batch = sent.get(owner) ?? next(owner); batch !== undefined; batch = next(owner)) {
      sent.set(owner, batch)
      await store(owner, batch)
      sent.delete(owner)
    }
  }

  const next = (owner: UsageOwner): Batch | undefined => {
    const counts = waiting.get(owner)
    if (counts === undefined) return undefined
    waiting.delete(owner)
    batches += 1
    return { number: batches, counts: [...counts.values()] }
  }

  const write = async (): Promise<void> => {
    for (const [owner, counts] of recorder.take()) {
      const known = waiting.get(owner) ?? new Map<string, UsageCount>()
      for (const count of counts) addCount(known, count)
      waiting.set(owner, known)
    }
    let failures = 0
    for (const owner of new Set([...sent.keys(), ...waiting.keys()])) {
      try {
        await send(owner)
        failures = 0
      } catch (error) {
        failures += 1
        if (failures >= failuresMax) throw error
        logger.warn({ tenantId: owner, err: error }, 'usage could not be stored and is kept')
      }
    }
  }

  let notBeforeMs = Number.NEGATIVE_INFINITY
  const step = async (): Promise<boolean> => {
    const startedAtMs = clock.now().getTime()
    if (startedAtMs < notBeforeMs) return false
    await write()
    const endedAtMs = clock.now().getTime()
    notBeforeMs = endedAtMs + restFactor * (endedAtMs - startedAtMs)
    return false
  }
  const loop = createLoop({ clock, logger }, { name: 'usage.write', pollMs: usageWriteMs, step })
  return {
    write,
    start: () => loop.start(),
    stop: async () => {
      await loop.stop()
      await write()
    },
  }
}
