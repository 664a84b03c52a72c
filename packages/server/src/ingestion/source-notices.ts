import type { Database } from '../platform/db/doors.ts'
import { raiseNotice, resolveNotices, type Notice, type NoticeKind } from '../tenants/notice-store.ts'

/** Tells everybody who watches a source, in bounded transactions. */
export type SourceNotices = {
  raise(tenantIds: readonly string[], notice: Omit<Notice, 'subject'> & { networkId: string }): Promise<void>
  resolve(tenantIds: readonly string[], notice: { kind: NoticeKind; networkId: string }): Promise<void>
}

const tenantsPerTransaction = 1_000

export function createSourceNotices({ database }: { database: Pick<Database, 'withPlatform'> }): SourceNotices {
  const inBatches = async (tenantIds: readonly string[], tell: (batch: readonly string[]) => Promise<void>) => {
    for (let start = 0; start < tenantIds.length; start += tenantsPerTransaction) {
      await tell(tenantIds.slice(start, start + tenantsPerTransaction))
    }
  }
  return {
    raise: (tenantIds, { networkId, ...notice }) =>
      inBatches(tenantIds, (batch) =>
        database.withPlatform((tx) =>
          raiseNotice(tx, batch, { ...notice, subject: { kind: 'network', id: networkId } }),
        ),
      ),
    resolve: (tenantIds, { kind, networkId }) =>
      inBatches(tenantIds, (batch) =>
        database.withPlatform((tx) => resolveNotices(tx, batch, { kind, subject: { kind: 'network', id: networkId } })),
      ),
  }
}
