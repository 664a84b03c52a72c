import type { JsonValue } from '@smt/engine'
import { sql, type TenantTx } from '../platform/db/tx.ts'

/** A network of a monitor, as it was resolved when the monitor was saved. */
export type NetworkLink = { position: number; networkId: string; ownNetworkId: string | null; sourceId: string }
export type TriggerLink = { position: number; triggerRowId: string }

export async function listNetworkLinks(tx: TenantTx, tenantId: string, id: string): Promise<NetworkLink[]> {
  return tx.rows(sql<NetworkLink>`
    select position, network_id as "networkId", own_network_id as "ownNetworkId", source_id as "sourceId"
    from monitor_networks where tenant_id = ${tenantId} and monitor_id = ${id} order by position`)
}

export async function deleteNetworkLinks(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`delete from monitor_networks where tenant_id = ${tenantId} and monitor_id = ${id}`)
}

export async function insertNetworkLinks(
  tx: TenantTx,
  tenantId: string,
  { id, links }: { id: string; links: readonly NetworkLink[] },
): Promise<void> {
  await tx.execute(sql`
    insert into monitor_networks (tenant_id, monitor_id, position, network_id, own_network_id, source_id)
    select ${tenantId}, ${id}, l.position, l.network_id, l.own_network_id, l.source_id
    from unnest(${links.map((link) => link.position)}::integer[], ${links.map((link) => link.networkId)}::text[],
      ${links.map((link) => link.ownNetworkId)}::uuid[], ${links.map((link) => link.sourceId)}::uuid[])
      as l (position, network_id, own_network_id, source_id)`)
}

export async function deleteAddressKeys(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`delete from monitor_addresses where tenant_id = ${tenantId} and monitor_id = ${id}`)
}

export async function insertAddressKeys(
  tx: TenantTx,
  tenantId: string,
  { id, addressKeys }: { id: string; addressKeys: readonly string[] },
): Promise<void> {
  await tx.execute(sql`
    insert into monitor_addresses (tenant_id, monitor_id, address_key)
    select ${tenantId}, ${id}, a from unnest(${[...addressKeys]}::text[]) as a`)
}

export async function deleteTriggerLinks(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`delete from monitor_triggers where tenant_id = ${tenantId} and monitor_id = ${id}`)
}

export async function insertTriggerLinks(
  tx: TenantTx,
  tenantId: string,
  { id, links }: { id: string; links: readonly TriggerLink[] },
): Promise<void> {
  await tx.execute(sql`
    insert into monitor_triggers (tenant_id, monitor_id, position, trigger_id)
    select ${tenantId}, ${id}, l.position, l.trigger_id
    from unnest(${links.map((link) => link.position)}::integer[], ${links.map((link) => link.triggerRowId)}::uuid[])
      as l (position, trigger_id)`)
}

export type Neighbour = { sourceId: string; configuration: JsonValue }

/** Active, running monitors on these sources, without the one in question. */
export async function listNeighbours(
  tx: TenantTx,
  tenantId: string,
  { sourceIds, exceptId }: { sourceIds: readonly string[]; exceptId: string | undefined },
): Promise<Neighbour[]> {
  return tx.rows(sql<Neighbour>`
    select n.source_id as "sourceId", m.configuration
    from monitor_networks n
    join monitors m on m.tenant_id = n.tenant_id and m.id = n.monitor_id
    where n.tenant_id = ${tenantId} and n.source_id = any (${[...sourceIds]}::uuid[])
      and m.is_active and not m.is_paused and m.id is distinct from ${exceptId ?? null}::uuid`)
}
