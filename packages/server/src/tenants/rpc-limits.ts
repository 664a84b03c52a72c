import { LRUCache } from 'lru-cache'
import type { Database } from '../platform/db/doors.ts'
import { findRpcLimit } from './quota-store.ts'

const tenantsMax = 20_000
/** A changed limit is in force after this long. */
const keepMs = 15_000

/** `max_rpc_requests_per_minute` of a tenant, read when it is needed and at most every 15 seconds. Not inside a transaction. */
export function createRpcLimits({
  database,
}: {
  database: Pick<Database, 'withPlatform'>
}): (tenantId: string) => Promise<number> {
  const known = new LRUCache<string, Promise<number>>({ max: tenantsMax, ttl: keepMs })
  return (tenantId) => {
    const cached = known.get(tenantId)
    if (cached !== undefined) return cached
    const reading = database.withPlatform((tx) => findRpcLimit(tx, tenantId)).then((limit) => limit ?? 0)
    known.set(tenantId, reading)
    reading.catch(() => known.delete(tenantId))
    return reading
  }
}
