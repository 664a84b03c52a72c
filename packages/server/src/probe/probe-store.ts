import { stringifyJson } from '@smt/engine'
import { sql, type IdentityTx, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'

const leaseKey = 'isolation-probe'

/** Takes or renews the right to probe, when nobody else has it; by the clock of the database. */
export async function holdProbeLease(
  tx: PlatformTx,
  { holder, ttlS }: { holder: string; ttlS: number },
): Promise<boolean> {
  const held = await tx.execute(sql`
    insert into leases as l (lease_key, holder, expires_at)
    values (${leaseKey}, ${holder}, now() + make_interval(secs => ${ttlS}))
    on conflict (lease_key) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where l.holder = excluded.holder or l.holder is null or l.expires_at <= now()`)
  return held === 1
}

export async function releaseProbeLease(tx: PlatformTx, holder: string): Promise<void> {
  await tx.execute(sql`
    update leases set holder = null, expires_at = '-infinity' where lease_key = ${leaseKey} and holder = ${holder}`)
}

/** Every table with a tenant that the application may read. */
export async function listReadableTables(tx: TenantTx): Promise<string[]> {
  const rows = await tx.rows(sql<{ name: string }>`
    select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and not a.attisdropped and has_table_privilege(c.oid, 'SELECT')
    order by 1`)
  return rows.map(({ name }) => name)
}

/** Rows of anybody else that a statement without any tenant predicate sees, up to 100; with no tenant, any row at all. */
export async function countForeignRows(
  tx: TenantTx | IdentityTx,
  { table, tenantId }: { table: string; tenantId: string | null },
): Promise<number> {
  const row = await tx.row(sql<{ seen: number }>`
    select count(*)::int as seen from (
      select from ${sql.table(table)} where tenant_id is distinct from ${tenantId}::uuid limit 100) as foreign_rows`)
  if (row === undefined) throw new Error('a count has no row')
  return row.seen
}

export async function hasOwnRows(
  tx: TenantTx,
  { table, tenantId }: { table: string; tenantId: string },
): Promise<boolean> {
  const row = await tx.row(sql<{ found: boolean }>`
    select exists (select from ${sql.table(table)} where tenant_id = ${tenantId}::uuid) as found`)
  return row?.found === true
}

/** A match and a cancelled delivery of a monitor that has none: nothing is told to anybody. */
export async function plantAlert(
  tx: PlatformTx,
  { tenantId, monitorId }: { tenantId: string; monitorId: string },
): Promise<void> {
  const hash = `0x${'0'.repeat(64)}`
  const transaction = { hash, from: null, to: null, value: '0x0' }
  const item = stringifyJson({ transaction, logs: [], receipt: null })
  await tx.execute(sql`
    with monitor as (
      select m.id, m.version_id, n.source_id, n.network_id from monitors m
      join monitor_networks n on n.tenant_id = m.tenant_id and n.monitor_id = m.id and n.position = 0
      where m.tenant_id = ${tenantId} and m.monitor_id = ${monitorId} and m.is_active
        and not exists (select from matches x where x.tenant_id = ${tenantId}))
    , item as (
      insert into chain_items (source_id, block_hash, tx_hash, block_number, block_time, body)
      select source_id, ${hash}, ${hash}, 0, now(), ${item}::json from monitor on conflict do nothing)
    , planted as (
      insert into matches (tenant_id, match_at, match_key, monitor_id, monitor_version_id, source_id, network_id, block_number,
        block_hash, tx_hash, tx_index, severity, matched_on, matched_on_args, with_receipt, fanout_state)
      select ${tenantId}, now(), sha256(convert_to(id::text, 'UTF8')), id, version_id, source_id, network_id, 0,
        ${hash}, ${hash}, 0, 'low', '{"functions":[],"events":[],"transactions":[]}', '{"functions":null,"events":null}',
        false, 'done'
      from monitor returning id, monitor_id, match_at)
    insert into deliveries (tenant_id, match_at, match_id, monitor_id, trigger_id, incarnation, state, finished_at)
    select ${tenantId}, p.match_at, p.id, p.monitor_id, t.trigger_id, 1, 'cancelled', now()
    from planted p join monitor_triggers t on t.tenant_id = ${tenantId} and t.monitor_id = p.monitor_id`)
}
