import { sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'

/** The tenant's current data key, wrapped by the master key. */
export async function findWrappedKey(tx: TenantTx | PlatformTx, tenantId: string): Promise<string | undefined> {
  const row = await tx.row(sql<{ wrapped: string }>`
    select wrapped_key as wrapped from tenant_keys where tenant_id = ${tenantId} order by version desc limit 1`)
  return row?.wrapped
}
