import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type pg from 'pg'

export type Migration = { number: number; name: string; text: string; checksum: string }

const migrationsUrl = new URL('../../../migrations/', import.meta.url)
/** Any fixed number: one migration of this installation at a time. */
const migrationLock = 7_236_401_512

/** The numbered SQL files of this release, in order. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(migrationsUrl)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, migrationsUrl), 'utf8')
      return { number: Number(name.slice(0, 4)), name, text, checksum: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

export type LoginPasswords = { smt_app?: string; smt_platform?: string }

/**
 * Creates the roles and brings the schema to this release. Safe to run at any time and from several places at once: an
 * advisory lock serialises runs, and each file is one transaction. Returns the names of the files that were applied.
 */
export async function migrate(admin: pg.ClientBase, passwords: LoginPasswords = {}): Promise<string[]> {
  await admin.query('select pg_advisory_lock($1)', [migrationLock])
  try {
    await createRoles(admin, passwords)
    await admin.query(
      `create table if not exists public.schema_migrations
        (number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`,
    )
    await admin.query('alter table public.schema_migrations owner to smt_owner')
    await admin.query('grant select on public.schema_migrations to smt_app, smt_platform')
    const pending = await pendingMigrations(admin)
    for (const migration of pending) await apply(admin, migration)
    return pending.map((migration) => migration.name)
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [migrationLock])
  }
}

/** Files of this release that the database has not seen. A file that changed after it was applied is an error. */
export async function pendingMigrations(client: pg.ClientBase): Promise<Migration[]> {
  const exists = await client.query<{ present: boolean }>(
    `select to_regclass('public.schema_migrations') is not null as present`,
  )
  const migrations = await readMigrations()
  if (exists.rows[0]?.present !== true) return migrations
  const { rows } = await client.query<{ number: number; checksum: string }>(
    'select number, checksum from public.schema_migrations',
  )
  const applied = new Map(rows.map((row) => [row.number, row.checksum]))
  for (const migration of migrations) {
    const checksum = applied.get(migration.number)
    if (checksum !== undefined && checksum !== migration.checksum) {
      throw new Error(`migration ${migration.name} was changed after it had been applied to this database`)
    }
  }
  return migrations.filter((migration) => !applied.has(migration.number))
}

async function apply(admin: pg.ClientBase, migration: Migration): Promise<void> {
  await admin.query('begin')
  try {
    await admin.query('set local role smt_owner')
    await admin.query(migration.text)
    await admin.query('reset role')
    await admin.query('insert into public.schema_migrations (number, name, checksum) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.checksum,
    ])
    await admin.query('commit')
  } catch (error) {
    await admin.query('rollback')
    throw new Error(`migration ${migration.name} failed`, { cause: error })
  }
}

// Roles belong to the whole server, and several databases may be migrated at once: creation tolerates a twin.
const createRolesSql = `
do $$
declare
  wanted record;
begin
  for wanted in select * from (values
    ('smt_owner', 'nologin'), ('smt_door', 'nologin'), ('smt_app', 'login'), ('smt_platform', 'login')) as w (name, kind)
  loop
    begin
      if not exists (select from pg_roles where rolname = wanted.name) then
        execute format('create role %I %s nosuperuser nobypassrls nocreatedb nocreaterole noinherit', wanted.name, wanted.kind);
      end if;
    exception when duplicate_object or unique_violation then
      null;
    end;
  end loop;
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant smt_owner, smt_door to %I', current_user);
  end if;
  execute format('grant create on database %I to smt_owner', current_database());
  execute format('grant connect on database %I to smt_app, smt_platform', current_database());
  execute format('revoke temporary on database %I from public', current_database());
  -- A materialized view is refreshed beside its readers through a temporary table of its owner.
  execute format('grant temporary on database %I to smt_door', current_database());
  grant usage, create on schema public to smt_owner;
  grant usage on schema public to smt_app, smt_platform, smt_door;
  revoke create on schema public from public;
end
$$`

const roleSettings = [
  `alter role smt_app set lock_timeout = '5s'`,
  `alter role smt_app set idle_in_transaction_session_timeout = '30s'`,
  `alter role smt_platform set lock_timeout = '15s'`,
  `alter role smt_platform set idle_in_transaction_session_timeout = '60s'`,
]

async function createRoles(admin: pg.ClientBase, passwords: LoginPasswords): Promise<void> {
  await admin.query(createRolesSql)
  // One server-wide lock: concurrent ALTER ROLE of the same row fails with "tuple concurrently updated".
  await admin.query('begin')
  try {
    await admin.query('select pg_advisory_xact_lock($1)', [migrationLock + 1])
    const { rows } = await admin.query<{ configured: number }>(
      `select count(*)::int as configured from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
        where r.rolname in ('smt_app', 'smt_platform') and s.setdatabase = 0`,
    )
    if ((rows[0]?.configured ?? 0) < 2) for (const statement of roleSettings) await admin.query(statement)
    for (const [role, password] of Object.entries(passwords)) {
      await admin.query(`alter role ${admin.escapeIdentifier(role)} password ${admin.escapeLiteral(password)}`)
    }
    await admin.query('commit')
  } catch (error) {
    await admin.query('rollback')
    throw error
  }
}
