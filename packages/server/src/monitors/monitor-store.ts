import type { JsonValue } from '@smt/engine'
import { jsonb, sql, type RawBuilder, type TenantTx } from '../platform/db/tx.ts'
import type { JsonObject } from '../tenants/json-object.ts'
import { likePattern } from '../tenants/like-pattern.ts'

export const severities = ['critical', 'high', 'medium', 'low'] as const
export type Severity = (typeof severities)[number]

export type MonitorContent = {
  /** Secrets are sealed. */
  configuration: JsonValue
  severity: Severity
  labels: JsonObject
  extensions: JsonObject
}

export type MonitorRow = MonitorContent & {
  id: string
  monitorId: string
  name: string
  isPaused: boolean
  version: number
  versionId: string
  lastMatchAt: Date | null
  createdAt: Date
  updatedAt: Date
}

const columns = sql`
  m.id, m.monitor_id as "monitorId", m.name, m.configuration, m.severity, m.labels, m.extensions,
  m.is_paused as "isPaused", m.version, m.version_id as "versionId", m.last_match_at as "lastMatchAt",
  m.created_at as "createdAt", m.updated_at as "updatedAt"`

export type MonitorFilter = {
  limit: number
  /** The last id of the page before. */
  before?: string | undefined
  q?: string | undefined
  addressKey?: string | undefined
  networkId?: string | undefined
  triggerId?: string | undefined
  severity?: Severity | undefined
  isPaused?: boolean | undefined
}

/** Newest first: ids are ordered by time. */
export async function listMonitors(tx: TenantTx, tenantId: string, filter: MonitorFilter): Promise<MonitorRow[]> {
  return tx.rows(sql<MonitorRow>`
    select ${columns} from monitors m
    where m.tenant_id = ${tenantId} and m.is_active and ${filterOf(tenantId, filter)}
    order by m.id desc
    limit ${filter.limit}`)
}

function filterOf(tenantId: string, filter: MonitorFilter): RawBuilder<unknown> {
  const { before, q, addressKey, networkId, triggerId, severity, isPaused } = filter
  const conditions = [sql`true`]
  if (before !== undefined) conditions.push(sql`m.id < ${before}::uuid`)
  if (q !== undefined) conditions.push(sql`(m.name ilike ${likePattern(q)} or m.monitor_id ilike ${likePattern(q)})`)
  if (severity !== undefined) conditions.push(sql`m.severity = ${severity}`)
  if (isPaused !== undefined) conditions.push(sql`m.is_paused = ${isPaused}`)
  if (addressKey !== undefined) {
    conditions.push(sql`m.id in (
      select a.monitor_id from monitor_addresses a where a.tenant_id = ${tenantId} and a.address_key = ${addressKey})`)
  }
  if (networkId !== undefined) {
    conditions.push(sql`m.id in (
      select n.monitor_id from monitor_networks n where n.tenant_id = ${tenantId} and n.network_id = ${networkId})`)
  }
  if (triggerId !== undefined) {
    conditions.push(sql`m.id in (
      select mt.monitor_id from monitor_triggers mt
      join triggers t on t.tenant_id = mt.tenant_id and t.id = mt.trigger_id
      where mt.tenant_id = ${tenantId} and t.trigger_id = ${triggerId} and t.is_active)`)
  }
  return sql.join(conditions, sql` and `)
}

export async function findMonitor(tx: TenantTx, tenantId: string, monitorId: string): Promise<MonitorRow | undefined> {
  return tx.row(sql<MonitorRow>`
    select ${columns} from monitors m
    where m.tenant_id = ${tenantId} and m.monitor_id = ${monitorId} and m.is_active`)
}

export async function lockMonitor(tx: TenantTx, tenantId: string, monitorId: string): Promise<MonitorRow | undefined> {
  return tx.row(sql<MonitorRow>`
    select ${columns} from monitors m
    where m.tenant_id = ${tenantId} and m.monitor_id = ${monitorId} and m.is_active
    for no key update`)
}

export async function insertMonitor(
  tx: TenantTx,
  tenantId: string,
  monitor: MonitorContent & { id: string; monitorId: string; versionId: string },
): Promise<void> {
  await tx.execute(sql`
    insert into monitors (tenant_id, id, monitor_id, configuration, severity, labels, extensions, version_id)
    values (${tenantId}, ${monitor.id}, ${monitor.monitorId}, ${jsonb(monitor.configuration)}, ${monitor.severity},
      ${jsonb(monitor.labels)}, ${jsonb(monitor.extensions)}, ${monitor.versionId})`)
}

export async function updateMonitor(
  tx: TenantTx,
  tenantId: string,
  monitor: MonitorContent & { id: string; version: number; versionId: string },
): Promise<void> {
  await tx.execute(sql`
    update monitors set configuration = ${jsonb(monitor.configuration)}, severity = ${monitor.severity},
      labels = ${jsonb(monitor.labels)}, extensions = ${jsonb(monitor.extensions)}, version = ${monitor.version},
      version_id = ${monitor.versionId}
    where tenant_id = ${tenantId} and id = ${monitor.id} and is_active`)
}

export async function deactivateMonitor(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`
    update monitors set is_active = false, version = version + 1
    where tenant_id = ${tenantId} and id = ${id} and is_active`)
}

/** Whether another active monitor of the tenant has this name, compared as the unique index does. */
export async function isMonitorNameTaken(
  tx: TenantTx,
  tenantId: string,
  { name, exceptId }: { name: string; exceptId: string | undefined },
): Promise<boolean> {
  const row = await tx.row(sql<{ id: string }>`
    select id from monitors
    where tenant_id = ${tenantId} and name_key = lower(btrim(${name})) and is_active
      and id is distinct from ${exceptId ?? null}::uuid`)
  return row !== undefined
}

/** Tells the leaders of the sources: rows are read in transaction order (design 7.10). */
export async function insertMonitorChanges(
  tx: TenantTx,
  tenantId: string,
  { id, sourceIds }: { id: string; sourceIds: readonly string[] },
): Promise<void> {
  await tx.execute(sql`
    insert into config_changes (tenant_id, source_id, object_kind, object_id)
    select ${tenantId}, s, 'monitor', ${id} from unnest(${[...sourceIds]}::uuid[]) as s`)
}
