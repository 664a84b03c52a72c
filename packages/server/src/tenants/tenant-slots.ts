import { LRUCache } from 'lru-cache'
import { slotsOfQuota } from '../platform/db/budget.ts'
import type { Database } from '../platform/db/doors.ts'
import type { Logger } from '../platform/logger.ts'
import { findRpcLimit } from './quota-store.ts'

/**
 * How many transactions of a tenant may run at once in this process (design 6.6). The answer is immediate: one until the
 * tenant's quota has been read, and read again in the background every minute.
 */
export type TenantSlots = {
  of(tenantId: string): number
  /** The database is opened with `of`, so it can only be given afterwards. */
  use(database: Pick<Database, 'withPlatform'>): void
}

const tenantsMax = 20_000
const keepMs = 60_000

export function createTenantSlots({ logger, poolMax }: { logger: Pick<Logger, 'warn'>; poolMax: number }): TenantSlots {
  const known = new LRUCache<string, number>({ max: tenantsMax })
  const fresh = new LRUCache<string, true>({ max: tenantsMax, ttl: keepMs })
  let database: Pick<Database, 'withPlatform'> | undefined

  const read = async (tenantId: string, from: Pick<Database, 'withPlatform'>): Promise<void> => {
    const limit = await from.withPlatform((tx) => findRpcLimit(tx, tenantId))
    known.set(tenantId, slotsOfQuota(limit ?? 0, poolMax))
  }

  return {
    use: (opened) => {
      database = opened
    },
    of: (tenantId) => {
      if (database !== undefined && !fresh.has(tenantId)) {
        fresh.set(tenantId, true)
        const from = database
        // Outside of the caller's transaction, which the doors would refuse to nest.
        setImmediate(() => {
          read(tenantId, from).catch((error: unknown) => {
            fresh.delete(tenantId)
            logger.warn({ tenantId, err: error }, 'the quota of a tenant could not be read')
          })
        })
      }
      return known.get(tenantId) ?? 1
    },
  }
}
