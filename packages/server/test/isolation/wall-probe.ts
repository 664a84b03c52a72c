import type pg from 'pg'
import type { LintFinding } from '../../src/platform/db/tenant-lint.ts'
import type { TestDatabase } from '../../src/testing/harness.ts'

type Admin = TestDatabase['admin']

/** Every table with a tenant_id, partitions left out. */
export async function tenantTables(admin: Admin): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  )
  return rows.map((row) => row.name)
}

/** One row of this tenant in each tenant table. A new table makes the wall test fail until it is seeded here. */
export async function seedEveryTenantTable(admin: Admin, tenant: string, mark: string): Promise<void> {
  const id = (n: number) => `018f0000-0000-7000-8000-0000000${mark}${String(n).padStart(4, '0')}`
  const hash = `0x${mark.repeat(64)}`
  const statements: [string, unknown[]][] = [
    [`insert into users (id, email, password_hash) values ($1, $2, 'x')`, [id(1), `${mark}@example.com`]],
    [`insert into tenants (id, slug, name) values ($1, $2, $2)`, [tenant, `tenant-${mark}`]],
    [`insert into memberships (tenant_id, user_id, role) values ($1, $2, 'owner')`, [tenant, id(1)]],
    [
      `insert into api_keys (tenant_id, id, name, key_id, secret_hash, permissions, creator_role) values ($1, $2, 'k', $3, '\\x00', '[]', 'owner')`,
      [tenant, id(2), mark],
    ],
    [`insert into tenant_keys (tenant_id, version, wrapped_key) values ($1, 1, 'w')`, [tenant]],
    [`insert into quotas (tenant_id, quota, lim) values ($1, 'max_monitors', 1)`, [tenant]],
    [
      `insert into quota_requests (tenant_id, id, quota, value, reason, requested_by, limit_before) values ($1, $2, 'max_monitors', 2, 'r', 'u', 1)`,
      [tenant, id(11)],
    ],
    [`insert into idempotency_keys (tenant_id, key, fingerprint) values ($1, 'k', '\\x00')`, [tenant]],
    [
      `insert into notices (tenant_id, kind, severity, subject_kind, subject_id, message) values ($1, 'k', 'info', 's', 'i', 'm')`,
      [tenant],
    ],
    [
      `insert into audit_events (tenant_id, id, actor_kind, actor_name, action, target_kind, target_id) values ($1, $2, 'system', 'n', 'a', 'k', 'i')`,
      [tenant, id(3)],
    ],
    [`insert into chain_sources (id, kind, lease_key) values ($1, 'own', 'own:1')`, [id(4)]],
    [
      `insert into networks (tenant_id, id, configuration, source_id) values ($1, $2, '{"slug":"n","name":"n","network_type":"EVM"}', $3)`,
      [tenant, id(5), id(4)],
    ],
    [
      `insert into triggers (tenant_id, id, trigger_id, configuration) values ($1, $2, 't', '{"name":"t","trigger_type":"webhook"}')`,
      [tenant, id(6)],
    ],
    [
      `insert into notice_deliveries (tenant_id, notice_id, trigger_id) select $1, id, $2 from notices where tenant_id = $1`,
      [tenant, id(6)],
    ],
    [
      `insert into monitors (tenant_id, id, monitor_id, configuration, version_id) values ($1, $2, 'm', '{"name":"m","paused":false}', $3)`,
      [tenant, id(7), id(8)],
    ],
    [
      `insert into monitor_versions (tenant_id, id, monitor_id, version, configuration, severity, labels, extensions, created_by) values ($1, $2, $3, 1, '{}', 'low', '{}', '{}', 'u')`,
      [tenant, id(8), id(7)],
    ],
    [
      `insert into monitor_networks (tenant_id, monitor_id, position, network_id, own_network_id, source_id) values ($1, $2, 0, 'n', $3, $4)`,
      [tenant, id(7), id(5), id(4)],
    ],
    [`insert into monitor_addresses (tenant_id, monitor_id, address_key) values ($1, $2, 'x')`, [tenant, id(7)]],
    [
      `insert into monitor_triggers (tenant_id, monitor_id, position, trigger_id) values ($1, $2, 0, $3)`,
      [tenant, id(7), id(6)],
    ],
    [`insert into config_changes (tenant_id, object_kind, object_id) values ($1, 'monitor', $2)`, [tenant, id(7)]],
    [
      `insert into monitor_spans (tenant_id, monitor_id, monitor_version_id, source_id, from_block) values ($1, $2, $3, $4, 1)`,
      [tenant, id(7), id(8), id(4)],
    ],
    [
      `insert into monitor_failures (tenant_id, monitor_id, monitor_version_id, source_id, block_number, block_hash, error) values ($1, $2, $3, $4, 1, $5, 'e')`,
      [tenant, id(7), id(8), id(4), hash],
    ],
    [
      `insert into chain_items (source_id, block_hash, tx_hash, block_number, block_time, body) values ($1, $2, $2, 1, now(), '{}')`,
      [id(4), hash],
    ],
    [`insert into chain_blocks (source_id, block_hash, block_number, body) values ($1, $2, 1, '{}')`, [id(4), hash]],
    [
      `insert into matches (tenant_id, id, match_at, match_key, monitor_id, monitor_version_id, source_id, network_id, block_number, block_hash, tx_hash, tx_index, severity, matched_on, matched_on_args, with_receipt) values ($1, $2, now(), '\\x00', $3, $4, $5, 'n', 1, $6, $6, 0, 'low', '{}', '{}', false)`,
      [tenant, id(9), id(7), id(8), id(4), hash],
    ],
    [
      `insert into deliveries (tenant_id, id, match_at, match_id, monitor_id, trigger_id, incarnation) values ($1, $2, now(), $3, $4, $5, 1)`,
      [tenant, id(10), id(9), id(7), id(6)],
    ],
    [
      `insert into usage_hours (tenant_id, hour, source_id, monitor_id, network_id) values ($1, date_trunc('hour', now()), $2, $3, 'n')`,
      [tenant, id(4), id(7)],
    ],
    [`insert into usage_writers (tenant_id, writer, last_batch) values ($1, $2, 1)`, [tenant, id(11)]],
    [`insert into usage_progress (tenant_id, closed_until) values ($1, now())`, [tenant]],
    [`insert into trigger_health (tenant_id, trigger_id, error_class) values ($1, $2, 'timeout')`, [tenant, id(6)]],
    [
      `insert into attempts (tenant_id, started_at, delivery_id, number, outcome, latency_ms) values ($1, now(), $2, 1, 'failed', 1)`,
      [tenant, id(10)],
    ],
    [`insert into storage_use (tenant_id, part, month, bytes) values ($1, 'matches', 'epoch', 1)`, [tenant]],
    [`insert into rpc_use (tenant_id, reporter, requests) values ($1, $1, 1)`, [tenant]],
    // Filled by the rows before.
    [
      `delete from storage_changes c where tenant_id = $1
        and id > (select min(id) from storage_changes where tenant_id = $1)`,
      [tenant],
    ],
  ]
  for (const [text, values] of statements) await admin.query(text, values)
}

export type Leak = 'read' | 'insert' | 'update' | 'move' | 'delete' | 'no context'

type Probe = {
  tenant: string
  /** The tenant's signed context. */
  context: string
  other: string
  /** What breaks the wall. */
  statements: string[]
  /** Where rows of the probed table may be read, when not in the table itself. */
  readFrom?: string
  lint: (client: pg.ClientBase) => Promise<LintFinding[]>
}

/**
 * Applies a mutation, runs the lint, then does as the application role what may never work: `memberships` is the table,
 * since that role has every right on it, and no statement has a tenant predicate. Everything happens in one transaction
 * that is rolled back, because roles belong to the whole server.
 */
export async function probeWall(admin: Admin, probe: Probe): Promise<{ leaks: Leak[]; findings: LintFinding[] }> {
  const pool = admin as unknown as pg.Pool
  const client = await pool.connect()
  const { tenant, other, readFrom = 'memberships' } = probe
  try {
    await client.query('begin')
    for (const statement of probe.statements) await client.query(statement)
    const findings = await probe.lint(client)
    const { rows: users } = await client.query<{ user_id: string }>(
      'select user_id from memberships where tenant_id = $1',
      [tenant],
    )
    await client.query('set local role smt_app')

    const affected = async (statement: string): Promise<number> => {
      await client.query('savepoint before')
      try {
        return (await client.query(statement)).rowCount ?? 0
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === '42501') return 0
        throw error
      } finally {
        await client.query('rollback to savepoint before')
      }
    }
    const leaks: Leak[] = []
    if ((await affected(`select from ${readFrom}`)) > 0) leaks.push('no context')
    await client.query(`select set_config('app.context', $1, true)`, [probe.context])
    // The tenant has one row: whatever touches more has touched somebody else's.
    if ((await affected(`select from ${readFrom}`)) > 1) leaks.push('read')
    if (
      (await affected(
        `insert into memberships (tenant_id, user_id, role) values ('${other}', '${users[0]?.user_id}', 'owner')`,
      )) > 0
    )
      leaks.push('insert')
    if ((await affected('update memberships set role = role')) > 1) leaks.push('update')
    if ((await affected(`update memberships set tenant_id = '${other}'`)) > 0) leaks.push('move')
    if ((await affected('delete from memberships')) > 1) leaks.push('delete')
    return { leaks, findings }
  } finally {
    await client.query('rollback')
    client.release()
  }
}
