import type { JsonValue, NetworkType } from '@smt/engine'
import { jsonb, sql, type RawBuilder, type TenantTx } from '../platform/db/tx.ts'
import type { JsonObject } from '../tenants/json-object.ts'
import { likePattern } from '../tenants/like-pattern.ts'

export type NetworkRow = {
  id: string
  networkId: string
  name: string
  networkType: NetworkType
  /** Secrets are sealed; a shared network shows only what the view lets a tenant see. */
  configuration: JsonValue
  explorerUrl: string | null
  labels: JsonObject
  extensions: JsonObject
  sourceId: string
  isShared: boolean
  version: number
  createdAt: Date
  updatedAt: Date
}

// `is_active` of the outer query decides; the window shows a network that the operator withdrew to nobody new.
const ownColumns = sql`
  n.id, n.network_id as "networkId", n.name, n.network_type as "networkType", n.configuration,
  n.explorer_url as "explorerUrl", n.labels, n.extensions, n.source_id as "sourceId", false as "isShared", n.version,
  n.created_at as "createdAt", n.updated_at as "updatedAt"`

const sharedColumns = sql`
  s.source_id as id, s.network_id as "networkId", s.name, s.network_type as "networkType",
  jsonb_strip_nulls(jsonb_build_object(
    'network_type', s.network_type, 'slug', s.network_id, 'name', s.name, 'chain_id', s.chain_id)) as configuration,
  s.explorer_url as "explorerUrl", '{}'::jsonb as labels, '{}'::jsonb as extensions, s.source_id as "sourceId",
  true as "isShared", 1 as version, s.created_at as "createdAt", s.updated_at as "updatedAt"`

export type NetworkFilter = {
  limit: number
  after?: { isShared: boolean; networkId: string } | undefined
  q?: string | undefined
  networkType?: NetworkType | undefined
}

/** Own networks first, then shared ones, each by id. */
export async function listNetworks(tx: TenantTx, tenantId: string, filter: NetworkFilter): Promise<NetworkRow[]> {
  return tx.rows(sql<NetworkRow>`
    select * from (
      select ${ownColumns} from networks n where n.tenant_id = ${tenantId} and n.is_active
      union all
      select ${sharedColumns} from app.shared_network_list s where s.is_active
    ) l
    where ${filterOf(filter)}
    order by l."isShared", l."networkId"
    limit ${filter.limit}`)
}

function filterOf({ after, q, networkType }: NetworkFilter): RawBuilder<unknown> {
  const conditions = [sql`true`]
  if (after !== undefined) conditions.push(sql`(l."isShared", l."networkId") > (${after.isShared}, ${after.networkId})`)
  if (q !== undefined) conditions.push(sql`(l.name ilike ${likePattern(q)} or l."networkId" ilike ${likePattern(q)})`)
  if (networkType !== undefined) conditions.push(sql`l."networkType" = ${networkType}`)
  return sql.join(conditions, sql` and `)
}

export async function findOwnNetwork(
  tx: TenantTx,
  tenantId: string,
  networkId: string,
): Promise<NetworkRow | undefined> {
  return tx.row(sql<NetworkRow>`
    select ${ownColumns} from networks n
    where n.tenant_id = ${tenantId} and n.network_id = ${networkId} and n.is_active`)
}

export async function lockOwnNetwork(
  tx: TenantTx,
  tenantId: string,
  networkId: string,
): Promise<NetworkRow | undefined> {
  return tx.row(sql<NetworkRow>`
    select ${ownColumns} from networks n
    where n.tenant_id = ${tenantId} and n.network_id = ${networkId} and n.is_active
    for no key update`)
}

export async function findSharedNetwork(tx: TenantTx, networkId: string): Promise<NetworkRow | undefined> {
  return tx.row(sql<NetworkRow>`
    select ${sharedColumns} from app.shared_network_list s where s.network_id = ${networkId} and s.is_active`)
}

export async function insertSource(tx: TenantTx, source: { id: string; leaseKey: string }): Promise<void> {
  await tx.execute(sql`
    insert into chain_sources (id, kind, lease_key) values (${source.id}, 'own', ${source.leaseKey})`)
}

export type NetworkContent = {
  configuration: JsonValue
  explorerUrl: string | null
  labels: JsonObject
  extensions: JsonObject
}

export async function insertNetwork(
  tx: TenantTx,
  tenantId: string,
  network: NetworkContent & { id: string; sourceId: string },
): Promise<void> {
  await tx.execute(sql`
    insert into networks (tenant_id, id, configuration, explorer_url, labels, extensions, source_id)
    values (${tenantId}, ${network.id}, ${jsonb(network.configuration)}, ${network.explorerUrl},
      ${jsonb(network.labels)}, ${jsonb(network.extensions)}, ${network.sourceId})`)
}

export async function updateNetwork(
  tx: TenantTx,
  tenantId: string,
  network: NetworkContent & { id: string; version: number },
): Promise<void> {
  await tx.execute(sql`
    update networks set configuration = ${jsonb(network.configuration)}, explorer_url = ${network.explorerUrl},
      labels = ${jsonb(network.labels)}, extensions = ${jsonb(network.extensions)}, version = ${network.version}
    where tenant_id = ${tenantId} and id = ${network.id} and is_active`)
}

export async function deactivateNetwork(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`
    update networks set is_active = false, version = version + 1
    where tenant_id = ${tenantId} and id = ${id} and is_active`)
}

/** Whether another active network of the tenant has this name, compared as the unique index does. */
export async function isNetworkNameTaken(
  tx: TenantTx,
  tenantId: string,
  { name, exceptId }: { name: string; exceptId: string | undefined },
): Promise<boolean> {
  const row = await tx.row(sql<{ id: string }>`
    select id from networks
    where tenant_id = ${tenantId} and name_key = lower(btrim(${name})) and is_active
      and id is distinct from ${exceptId ?? null}::uuid`)
  return row !== undefined
}

/** The ids of active monitors that hold a reference to this own network. */
export async function listMonitorsOfNetwork(tx: TenantTx, tenantId: string, id: string): Promise<string[]> {
  const rows = await tx.rows(sql<{ monitorId: string }>`
    select distinct m.monitor_id as "monitorId"
    from monitor_networks mn
    join monitors m on m.tenant_id = mn.tenant_id and m.id = mn.monitor_id
    where mn.tenant_id = ${tenantId} and mn.own_network_id = ${id} and m.is_active
    order by 1`)
  return rows.map((row) => row.monitorId)
}

/** Tells the leader of the source: the row is read in transaction order (design 7.10). */
export async function insertNetworkChange(
  tx: TenantTx,
  tenantId: string,
  network: { id: string; sourceId: string },
): Promise<void> {
  await tx.execute(sql`
    insert into config_changes (tenant_id, source_id, object_kind, object_id)
    values (${tenantId}, ${network.sourceId}, 'network', ${network.id})`)
}
