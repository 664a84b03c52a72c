import { LRUCache } from 'lru-cache'
import type { PlatformTx, TenantTx } from '../platform/db/tx.ts'
import type { Secrets, TenantSecrets } from '../platform/secrets.ts'
import { findWrappedKey } from './tenant-key-store.ts'

/** Opens the data keys of tenants. */
export type TenantKeys = {
  /** What seals and opens secrets of this tenant. Read in the caller's transaction, kept for at most five minutes. */
  forTenant(tx: TenantTx | PlatformTx, tenantId: string): Promise<TenantSecrets>
}

export type TenantKeysOptions = { keysMax?: number; keepMs?: number }

export function createTenantKeys(
  { secrets }: { secrets: Pick<Secrets, 'unwrapTenantKey'> },
  { keysMax = 5_000, keepMs = 5 * 60_000 }: TenantKeysOptions = {},
): TenantKeys {
  const opened = new LRUCache<string, TenantSecrets>({ max: keysMax, ttl: keepMs })
  return {
    forTenant: async (tx, tenantId) => {
      const known = opened.get(tenantId)
      if (known !== undefined) return known
      const wrapped = await findWrappedKey(tx, tenantId)
      if (wrapped === undefined) throw new Error('the tenant has no data key')
      const key = secrets.unwrapTenantKey(tenantId, wrapped)
      opened.set(tenantId, key)
      return key
    },
  }
}
