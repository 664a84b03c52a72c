import type { TenantTx } from '../platform/db/tx.ts'
import {
  listOwnReferences,
  listSharedReferences,
  lockOwnReferences,
  type NetworkReference,
} from './network-reference-store.ts'

export type { NetworkReference }

export type ResolveOptions = {
  /** Sources that references by these ids were bound to before: they stay. */
  bound?: ReadonlyMap<string, string>
  /** `share`: none of the networks can be deleted or renamed before the transaction ends. */
  lock: 'share' | 'none'
}

/**
 * References by id (design 7.12): what was bound stays bound; else an own network, then a shared one. An id that is
 * neither is absent from the answer.
 */
export async function resolveNetworks(
  tx: TenantTx,
  tenantId: string,
  { networkIds, bound = new Map(), lock }: ResolveOptions & { networkIds: readonly string[] },
): Promise<Map<string, NetworkReference>> {
  const query = {
    networkIds: networkIds.filter((id) => !bound.has(id)),
    sourceIds: networkIds.flatMap((id) => bound.get(id) ?? []),
  }
  if (networkIds.length === 0) return new Map()
  const own = await (lock === 'share' ? lockOwnReferences : listOwnReferences)(tx, tenantId, query)
  const shared = await listSharedReferences(tx, query)
  const candidates = [...own, ...shared]
  const resolved = new Map<string, NetworkReference>()
  for (const id of networkIds) {
    const sourceId = bound.get(id)
    const found = candidates.find((network) =>
      sourceId === undefined ? network.networkId === id : network.sourceId === sourceId,
    )
    if (found !== undefined) resolved.set(id, found)
  }
  return resolved
}
