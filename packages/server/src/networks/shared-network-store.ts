import type { JsonValue, NetworkType } from '@smt/engine'
import { jsonb, sql, type PlatformTx } from '../platform/db/tx.ts'

export type SharedNetworkRow = {
  networkId: string
  networkType: NetworkType
  contentHash: string
  isActive: boolean
}

/** One synchronisation at a time, whatever process it runs in. */
export async function lockSharedNetworks(tx: PlatformTx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(7236401513)`)
}

export async function listSharedNetworks(tx: PlatformTx): Promise<SharedNetworkRow[]> {
  return tx.rows(sql<SharedNetworkRow>`
    select network_id as "networkId", network_type as "networkType", content_hash as "contentHash", is_active as "isActive"
    from shared_networks`)
}

export async function insertSharedSource(tx: PlatformTx, source: { id: string; leaseKey: string }): Promise<void> {
  await tx.execute(sql`
    insert into chain_sources (id, kind, lease_key) values (${source.id}, 'shared', ${source.leaseKey})`)
}

type SharedNetworkContent = {
  networkId: string
  configuration: JsonValue
  explorerUrl: string | null
  contentHash: string
}

export async function insertSharedNetwork(
  tx: PlatformTx,
  network: SharedNetworkContent & { sourceId: string },
): Promise<void> {
  await tx.execute(sql`
    insert into shared_networks (network_id, source_id, configuration, explorer_url, content_hash)
    values (${network.networkId}, ${network.sourceId}, ${jsonb(network.configuration)}, ${network.explorerUrl},
      ${network.contentHash})`)
}

export async function updateSharedNetwork(tx: PlatformTx, network: SharedNetworkContent): Promise<void> {
  await tx.execute(sql`
    update shared_networks set configuration = ${jsonb(network.configuration)}, content_hash = ${network.contentHash},
      explorer_url = ${network.explorerUrl}, is_active = true
    where network_id = ${network.networkId}`)
}

export async function withdrawSharedNetwork(tx: PlatformTx, networkId: string): Promise<void> {
  await tx.execute(sql`update shared_networks set is_active = false where network_id = ${networkId}`)
}
