import type { Database } from '../platform/db/doors.ts'
import { endLeases } from './claim-store.ts'
import { endNoticeLeases } from './notice-delivery-store.ts'

/**
 * Ends, once, the leases that an earlier process left behind, where that process is known to be gone: an embedded database
 * belongs to one process at a time. What was in flight when it was killed is due at once instead of when its lease ends,
 * and may have been told. On a server nothing is done: another process may be sending. Repeated until it has succeeded.
 */
export function createTakeOver({
  database,
}: {
  database: Pick<Database, 'withPlatform' | 'kind'>
}): () => Promise<void> {
  let taken: Promise<void> | undefined
  const take = async (): Promise<void> => {
    if (database.kind !== 'pglite') return
    await database.withPlatform(async (tx) => {
      await endLeases(tx)
      await endNoticeLeases(tx)
    })
  }
  return async () => {
    taken ??= take()
    try {
      await taken
    } catch (error) {
      taken = undefined
      throw error
    }
  }
}
