import type { JsonValue, TriggerType } from '@smt/engine'
import { jsonb, sql, type RawBuilder, type TenantTx } from '../platform/db/tx.ts'
import type { JsonObject } from '../tenants/json-object.ts'
import { likePattern } from '../tenants/like-pattern.ts'
import type { PreviousSecret } from './secret-rotation.ts'

export type TriggerRow = {
  id: string
  triggerId: string
  name: string
  triggerType: TriggerType
  /** Secrets are sealed. */
  configuration: JsonValue
  labels: JsonObject
  extensions: JsonObject
  version: number
  createdAt: Date
  updatedAt: Date
  /** When its receiver had failed for too long: nothing is sent until it is saved again. */
  disabledAt: Date | null
  /** Sealed; null when there is none that is still valid. */
  previousSecret: string | null
  previousSecretValidUntil: Date | null
}

const columns = sql`
  id, trigger_id as "triggerId", name, trigger_type as "triggerType", configuration, labels, extensions, version,
  created_at as "createdAt", updated_at as "updatedAt",
  (select h.disabled_at from trigger_health h
    where h.tenant_id = triggers.tenant_id and h.trigger_id = triggers.id) as "disabledAt",
  case when previous_secret_valid_until > now() then previous_secret end as "previousSecret",
  case when previous_secret_valid_until > now() then previous_secret_valid_until end as "previousSecretValidUntil"`

export type TriggerFilter = {
  limit: number
  /** The last id of the page before. */
  before?: string | undefined
  q?: string | undefined
  triggerType?: TriggerType | undefined
}

/** Newest first: ids are ordered by time. */
export async function listTriggers(tx: TenantTx, tenantId: string, filter: TriggerFilter): Promise<TriggerRow[]> {
  return tx.rows(sql<TriggerRow>`
    select ${columns} from triggers
    where tenant_id = ${tenantId} and is_active and ${filterOf(filter)}
    order by id desc
    limit ${filter.limit}`)
}

function filterOf({ before, q, triggerType }: TriggerFilter): RawBuilder<unknown> {
  const conditions = [sql`true`]
  if (before !== undefined) conditions.push(sql`id < ${before}::uuid`)
  if (q !== undefined) conditions.push(sql`(name ilike ${likePattern(q)} or trigger_id ilike ${likePattern(q)})`)
  if (triggerType !== undefined) conditions.push(sql`trigger_type = ${triggerType}`)
  return sql.join(conditions, sql` and `)
}

export async function findTrigger(tx: TenantTx, tenantId: string, triggerId: string): Promise<TriggerRow | undefined> {
  return tx.row(sql<TriggerRow>`
    select ${columns} from triggers
    where tenant_id = ${tenantId} and trigger_id = ${triggerId} and is_active`)
}

export async function lockTrigger(tx: TenantTx, tenantId: string, triggerId: string): Promise<TriggerRow | undefined> {
  return tx.row(sql<TriggerRow>`
    select ${columns} from triggers
    where tenant_id = ${tenantId} and trigger_id = ${triggerId} and is_active
    for no key update`)
}

export type TriggerContent = { configuration: JsonValue; labels: JsonObject; extensions: JsonObject }

export async function insertTrigger(
  tx: TenantTx,
  tenantId: string,
  trigger: TriggerContent & { id: string; triggerId: string },
): Promise<void> {
  await tx.execute(sql`
    insert into triggers (tenant_id, id, trigger_id, configuration, labels, extensions)
    values (${tenantId}, ${trigger.id}, ${trigger.triggerId}, ${jsonb(trigger.configuration)},
      ${jsonb(trigger.labels)}, ${jsonb(trigger.extensions)})`)
}

export async function updateTrigger(
  tx: TenantTx,
  tenantId: string,
  trigger: TriggerContent & { id: string; version: number; previousSecret: PreviousSecret },
): Promise<void> {
  await tx.execute(sql`
    update triggers set configuration = ${jsonb(trigger.configuration)}, labels = ${jsonb(trigger.labels)},
      extensions = ${jsonb(trigger.extensions)}, version = ${trigger.version}${settingOf(trigger.previousSecret)}
    where tenant_id = ${tenantId} and id = ${trigger.id} and is_active`)
}

function settingOf(previous: PreviousSecret): RawBuilder<unknown> {
  if (previous === 'keep') return sql``
  if (previous === 'end') return sql`, previous_secret = null, previous_secret_valid_until = null`
  const { sealed, validS } = previous
  return sql`, previous_secret = ${sealed}, previous_secret_valid_until = now() + make_interval(secs => ${validS})`
}

/** Forgets how its receiver did: a saved trigger begins anew, also one that was disabled. */
export async function enableTrigger(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`delete from trigger_health where tenant_id = ${tenantId} and trigger_id = ${id}`)
}

export async function deactivateTrigger(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`
    update triggers set is_active = false, version = version + 1, previous_secret = null, previous_secret_valid_until = null
    where tenant_id = ${tenantId} and id = ${id} and is_active`)
}

/** Whether another active trigger of the tenant has this name, compared as the unique index does. */
export async function isTriggerNameTaken(
  tx: TenantTx,
  tenantId: string,
  { name, exceptId }: { name: string; exceptId: string | undefined },
): Promise<boolean> {
  const row = await tx.row(sql<{ id: string }>`
    select id from triggers
    where tenant_id = ${tenantId} and name_key = lower(btrim(${name})) and is_active
      and id is distinct from ${exceptId ?? null}::uuid`)
  return row !== undefined
}

/** The ids of active monitors that alert through this trigger. */
export async function listMonitorsOfTrigger(tx: TenantTx, tenantId: string, id: string): Promise<string[]> {
  const rows = await tx.rows(sql<{ monitorId: string }>`
    select distinct m.monitor_id as "monitorId"
    from monitor_triggers mt
    join monitors m on m.tenant_id = mt.tenant_id and m.id = mt.monitor_id
    where mt.tenant_id = ${tenantId} and mt.trigger_id = ${id} and m.is_active
    order by 1`)
  return rows.map((row) => row.monitorId)
}

/** Whether the tenant sends its notices through this trigger. */
export async function carriesNotices(tx: TenantTx, tenantId: string, id: string): Promise<boolean> {
  const row = await tx.row(sql<{ found: boolean }>`
    select exists (select from tenants where id = ${tenantId} and notice_trigger_id = ${id}) as found`)
  return row?.found === true
}

/** A trigger as a monitor refers to it. */
export type TriggerReference = { id: string; triggerId: string }

export async function listTriggerReferences(
  tx: TenantTx,
  tenantId: string,
  triggerIds: readonly string[],
): Promise<TriggerReference[]> {
  return tx.rows(sql<TriggerReference>`
    select id, trigger_id as "triggerId" from triggers
    where tenant_id = ${tenantId} and trigger_id = any (${[...triggerIds]}::text[]) and is_active`)
}

/** The same, and none of them can be deleted before this transaction ends. */
export async function lockTriggerReferences(
  tx: TenantTx,
  tenantId: string,
  triggerIds: readonly string[],
): Promise<TriggerReference[]> {
  return tx.rows(sql<TriggerReference>`
    select id, trigger_id as "triggerId" from triggers
    where tenant_id = ${tenantId} and trigger_id = any (${[...triggerIds]}::text[]) and is_active
    order by id
    for share`)
}

/** Tells those who keep triggers in memory. */
export async function insertTriggerChange(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`
    insert into config_changes (tenant_id, object_kind, object_id) values (${tenantId}, 'trigger', ${id})`)
}
