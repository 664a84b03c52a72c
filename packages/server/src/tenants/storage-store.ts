import { sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'
import { QuotaExceededError } from '../platform/errors.ts'

/** `max_storage_mb` is in millions of bytes. */
export const megabyte = 1_000_000

/** What a tenant stores in bytes, to the last committed row; the triggers `count_storage` say what counts. */
export async function readStoredBytes(tx: TenantTx | PlatformTx, tenantId: string): Promise<bigint> {
  const row = await tx.row(sql<{ bytes: bigint }>`
    select ((select coalesce(sum(bytes), 0) from storage_use where tenant_id = ${tenantId})
      + (select coalesce(sum(bytes), 0) from storage_changes where tenant_id = ${tenantId}))::bigint as bytes`)
  return row?.bytes ?? 0n
}

/** Whole megabytes, as quotas are counted: what is begun counts. */
export function megabytesOf(bytes: bigint): number {
  return Math.ceil(Number(bytes) / megabyte)
}

/**
 * Writes configuration, if it still fits what the tenant may store: the rows count as the write leaves them. Writes of a
 * tenant wait for one another from here on, so that no two of them take the same room. Locks a quota row, thus before
 * any object.
 *
 * @throws QuotaExceededError after which the transaction must be rolled back.
 */
export async function withinStorage<T>(tx: TenantTx, tenantId: string, write: () => Promise<T>): Promise<T> {
  const row = await tx.row(sql<{ limit: number }>`
    select lim as "limit" from quotas where tenant_id = ${tenantId} and quota = 'max_storage_mb' for no key update`)
  if (row === undefined) throw new Error('the tenant has no quota row max_storage_mb')
  const written = await write()
  const bytes = await readStoredBytes(tx, tenantId)
  if (bytes > BigInt(row.limit) * BigInt(megabyte)) {
    throw new QuotaExceededError({ quota: 'max_storage_mb', limit: row.limit, used: megabytesOf(bytes) })
  }
  return written
}
