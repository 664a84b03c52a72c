import type { JsonValue } from '@smt/engine'
import { jsonb, sql, type TenantTx } from '../platform/db/tx.ts'
import type { JsonObject } from '../tenants/json-object.ts'
import type { MonitorContent, Severity } from './monitor-store.ts'

export type MonitorVersionRow = {
  id: string
  version: number
  configuration: JsonValue
  severity: Severity
  labels: JsonObject
  extensions: JsonObject
  createdBy: string
  createdAt: Date
}

export async function insertMonitorVersion(
  tx: TenantTx,
  tenantId: string,
  version: MonitorContent & { id: string; monitorId: string; version: number; createdBy: string },
): Promise<void> {
  await tx.execute(sql`
    insert into monitor_versions
      (tenant_id, id, monitor_id, version, configuration, severity, labels, extensions, created_by)
    values (${tenantId}, ${version.id}, ${version.monitorId}, ${version.version}, ${jsonb(version.configuration)},
      ${version.severity}, ${jsonb(version.labels)}, ${jsonb(version.extensions)}, ${version.createdBy})`)
}

/** Newest first. */
export async function listMonitorVersions(
  tx: TenantTx,
  tenantId: string,
  { monitorId, before, limit }: { monitorId: string; before: number | undefined; limit: number },
): Promise<MonitorVersionRow[]> {
  return tx.rows(sql<MonitorVersionRow>`
    select id, version, configuration, severity, labels, extensions, created_by as "createdBy", created_at as "createdAt"
    from monitor_versions
    where tenant_id = ${tenantId} and monitor_id = ${monitorId} and version < ${before ?? 2_147_483_647}
    order by version desc
    limit ${limit}`)
}
