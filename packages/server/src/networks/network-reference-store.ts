import type { JsonValue, NetworkType } from '@smt/engine'
import { sql, type TenantTx } from '../platform/db/tx.ts'

/** A network as a monitor refers to it. */
export type NetworkReference = {
  networkId: string
  ownNetworkId: string | null
  sourceId: string
  networkType: NetworkType
  /** Of an own network, with its secrets sealed; null for a shared one. */
  configuration: JsonValue
}

export type ReferenceQuery = {
  /** Networks by id, for references that are new. */
  networkIds: readonly string[]
  /** Networks by source, for references that were resolved before. */
  sourceIds: readonly string[]
}

const ownColumns = sql`
  n.network_id as "networkId", n.id as "ownNetworkId", n.source_id as "sourceId", n.network_type as "networkType",
  n.configuration`

export async function listOwnReferences(
  tx: TenantTx,
  tenantId: string,
  { networkIds, sourceIds }: ReferenceQuery,
): Promise<NetworkReference[]> {
  return tx.rows(sql<NetworkReference>`
    select ${ownColumns} from networks n
    where n.tenant_id = ${tenantId} and n.is_active
      and (n.network_id = any (${[...networkIds]}::text[]) or n.source_id = any (${[...sourceIds]}::uuid[]))`)
}

/** The same, and none of them can be deleted or renamed before this transaction ends. */
export async function lockOwnReferences(
  tx: TenantTx,
  tenantId: string,
  { networkIds, sourceIds }: ReferenceQuery,
): Promise<NetworkReference[]> {
  return tx.rows(sql<NetworkReference>`
    select ${ownColumns} from networks n
    where n.tenant_id = ${tenantId} and n.is_active
      and (n.network_id = any (${[...networkIds]}::text[]) or n.source_id = any (${[...sourceIds]}::uuid[]))
    order by n.id
    for share of n`)
}

/** Shared networks: by id those on offer, by source also those that were withdrawn. */
export async function listSharedReferences(
  tx: TenantTx,
  { networkIds, sourceIds }: ReferenceQuery,
): Promise<NetworkReference[]> {
  return tx.rows(sql<NetworkReference>`
    select s.network_id as "networkId", null::uuid as "ownNetworkId", s.source_id as "sourceId",
      s.network_type as "networkType", 'null'::jsonb as configuration
    from app.shared_network_list s
    where (s.network_id = any (${[...networkIds]}::text[]) and s.is_active)
      or s.source_id = any (${[...sourceIds]}::uuid[])`)
}
