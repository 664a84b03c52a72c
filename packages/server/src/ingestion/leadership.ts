import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { Ids } from '../platform/ids.ts'
import { holdLeases, leaseTtlMs, releaseAllLeases, releaseLeases } from './lease-store.ts'
import { listLedSources, listWorkableSources, type LedSource } from './source-store.ts'

export type { LedSource }

/**
 * Which chain sources this process leads (design 7.6). Shared sources are leased singly, own ones by bucket; leases end
 * after 15 s without a renewal. The lease saves work; what keeps two leaders apart is the epoch that each commit demands.
 */
export type Leadership = {
  /** Takes what is free and renews what is held; answers every source that this process leads and has work in. */
  claim(): Promise<LedSource[]>
  /** False once the last claim is so old that another process may lead by now. */
  isCurrent(): boolean
  release(): Promise<void>
}

/** How often to renew: a third of the time to live. */
export const renewalMs = leaseTtlMs / 3

export type LeadershipDeps = {
  database: Pick<Database, 'withPlatform' | 'kind'>
  clock: Pick<Clock, 'now'>
  ids: Pick<Ids, 'uuid'>
}

export function createLeadership({ database, clock, ids }: LeadershipDeps): Leadership {
  const holder = ids.uuid()
  let isFirst = true
  let currentUntilMs = Number.NEGATIVE_INFINITY

  return {
    claim: async () => {
      const askedAtMs = clock.now().getTime()
      const led = await database.withPlatform(async (tx) => {
        // One process owns an embedded database: what a lease of an earlier process says is void.
        if (isFirst && database.kind === 'pglite') await releaseAllLeases(tx)
        const keys = new Set((await listWorkableSources(tx)).map(({ leaseKey }) => leaseKey))
        const held = await holdLeases(tx, holder, [...keys])
        return held.length === 0 ? [] : listLedSources(tx, held)
      })
      isFirst = false
      currentUntilMs = askedAtMs + leaseTtlMs
      return led
    },
    isCurrent: () => clock.now().getTime() < currentUntilMs,
    release: async () => {
      currentUntilMs = Number.NEGATIVE_INFINITY
      await database.withPlatform((tx) => releaseLeases(tx, holder))
    },
  }
}
