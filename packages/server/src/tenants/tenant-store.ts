import { sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'

export type TenantRow = {
  id: string
  slug: string
  name: string
  plan: string
  state: string
  /** The tenant's own id of the trigger that its notices go through. */
  noticeTriggerId: string | null
  version: number
  createdAt: Date
  updatedAt: Date
}

const columns = sql`
  id, slug, name, plan, state, version, created_at as "createdAt", updated_at as "updatedAt",
  (select r.trigger_id from triggers r
    where r.tenant_id = tenants.id and r.id = tenants.notice_trigger_id and r.is_active) as "noticeTriggerId"`

export async function findTenant(tx: TenantTx, tenantId: string): Promise<TenantRow | undefined> {
  return tx.row(sql<TenantRow>`select ${columns} from tenants where id = ${tenantId} and is_active`)
}

export async function lockTenant(tx: TenantTx, tenantId: string): Promise<TenantRow | undefined> {
  return tx.row(sql<TenantRow>`select ${columns} from tenants where id = ${tenantId} and is_active for no key update`)
}

/** A tenant with its owner, data key and default quotas. The transaction is one of the new tenant itself. */
export async function createTenant(
  tx: TenantTx,
  tenant: { id: string; slug: string; name: string; ownerId: string; wrappedKey: string },
): Promise<void> {
  await tx.execute(sql`
    select app.create_tenant(${tenant.id}, ${tenant.slug}, ${tenant.name}, ${tenant.ownerId}, ${tenant.wrappedKey})`)
}

/** The row of an active trigger, which cannot be deleted before this transaction ends. */
export async function lockNoticeTrigger(
  tx: TenantTx,
  tenantId: string,
  triggerId: string,
): Promise<string | undefined> {
  const row = await tx.row(sql<{ id: string }>`
    select id from triggers where tenant_id = ${tenantId} and trigger_id = ${triggerId} and is_active for share`)
  return row?.id
}

export async function updateTenant(
  tx: TenantTx,
  tenantId: string,
  { name, noticeTrigger }: { name: string; noticeTrigger: string | null },
): Promise<void> {
  await tx.execute(sql`
    update tenants set name = ${name}, notice_trigger_id = ${noticeTrigger}, version = version + 1
    where id = ${tenantId}`)
}

export async function deactivateTenant(tx: TenantTx, tenantId: string): Promise<void> {
  await tx.execute(sql`update tenants set is_active = false, version = version + 1 where id = ${tenantId}`)
}

/** Tells the leader of every source that a monitor of this tenant looks at. */
export async function insertChangesOfAllMonitors(tx: TenantTx | PlatformTx, tenantId: string): Promise<void> {
  await tx.execute(sql`
    insert into config_changes (tenant_id, source_id, object_kind, object_id)
    select distinct m.tenant_id, n.source_id, 'monitor', m.id
    from monitors m left join monitor_networks n on n.tenant_id = m.tenant_id and n.monitor_id = m.id
    where m.tenant_id = ${tenantId} and m.is_active`)
}

export async function deactivateMonitors(tx: TenantTx, tenantId: string): Promise<void> {
  await tx.execute(sql`update monitors set is_active = false where tenant_id = ${tenantId} and is_active`)
}

export async function deactivateNetworks(tx: TenantTx, tenantId: string): Promise<void> {
  await tx.execute(sql`update networks set is_active = false where tenant_id = ${tenantId} and is_active`)
}

export async function deactivateTriggers(tx: TenantTx, tenantId: string): Promise<void> {
  await tx.execute(sql`
    update triggers set is_active = false, previous_secret = null, previous_secret_valid_until = null
    where tenant_id = ${tenantId} and is_active`)
}

/** Networks and triggers are read by ingestion and delivery as well. */
export async function insertChangesOfNetworks(tx: TenantTx, tenantId: string): Promise<void> {
  await tx.execute(sql`
    insert into config_changes (tenant_id, source_id, object_kind, object_id)
    select tenant_id, source_id, 'network', id from networks where tenant_id = ${tenantId} and is_active`)
}

export async function insertChangesOfTriggers(tx: TenantTx, tenantId: string): Promise<void> {
  await tx.execute(sql`
    insert into config_changes (tenant_id, object_kind, object_id)
    select tenant_id, 'trigger', id from triggers where tenant_id = ${tenantId} and is_active`)
}
