import type pg from 'pg'
import { pendingMigrations } from './migrate.ts'
import { lintTenantWall } from './tenant-lint.ts'

/** First patched release of each supported major version (CVE-2025-8713 and its predecessors leak rows past policies). */
const minimumMinorByMajor: Record<number, number> = { 15: 14, 16: 10, 17: 6 }

/**
 * Refuses to serve from a database that cannot hold the wall: too old, not migrated, or a login role that escapes
 * policies. The message names what to do; it never holds a connection string.
 */
export async function assertSafeDatabase(pool: pg.Pool, role: 'smt_app' | 'smt_platform'): Promise<void> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new UnsafeDatabaseError(
      `The database cannot be reached as ${role}. Check SMT_DATABASE_URL and SMT_DATABASE_PLATFORM_URL, and run \`npm run migrate\` once to create the logins.`,
      error,
    )
  })
  try {
    await assertVersion(client)
    await assertRole(client, role)
    await assertMigrated(client)
    await assertWallStands(client, await currentUser(client))
  } finally {
    client.release()
  }
}

/** Refuses a schema whose catalogue breaks a rule of the tenant wall. */
export async function assertWallStands(client: pg.ClientBase, appRole = 'smt_app'): Promise<void> {
  const findings = await lintTenantWall(client, appRole)
  if (findings.length > 0) {
    const list = findings.map((finding) => `${finding.rule}: ${finding.object}`).join('; ')
    throw new UnsafeDatabaseError(`The tenant wall of this database has holes, so it is not served: ${list}`)
  }
}

async function currentUser(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>('select current_user::text as name')
  return rows[0]?.name ?? ''
}

async function assertVersion(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  )
  const version = rows[0]?.version ?? 0
  const major = Math.floor(version / 10_000)
  const minor = version % 10_000
  if (major < 15 || minor < (minimumMinorByMajor[major] ?? 0)) {
    throw new UnsafeDatabaseError(
      `PostgreSQL ${major}.${minor} is too old: 15.14, 16.10, 17.6 or 18 is needed, since earlier releases leak rows past row-level security.`,
    )
  }
}

async function assertRole(client: pg.ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ name: string; unsafe: string | null }>(
    `select r.rolname::text as name,
       case
         when r.rolsuper then 'it is a superuser'
         when r.rolbypassrls then 'it has BYPASSRLS'
         when exists (select from pg_auth_members m where m.member = r.oid) then 'it is a member of another role'
         when exists (select from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p', 'v', 'm'))
           then 'it owns tables'
       end as unsafe
     from pg_roles r where r.rolname = session_user`,
  )
  const login = rows[0]
  if (login === undefined || login.unsafe !== null) {
    throw new UnsafeDatabaseError(
      `The database login ${login?.name ?? ''} is unsafe: ${login?.unsafe ?? 'it is unknown'}. ` +
        `Log in as ${role}, which \`npm run migrate\` creates; tenants are only walled off from a role without such rights.`,
    )
  }
  if (login.name !== role) {
    throw new UnsafeDatabaseError(`The database login is ${login.name}, but ${role} is needed for this connection.`)
  }
}

async function assertMigrated(client: pg.ClientBase): Promise<void> {
  const pending = await pendingMigrations(client)
  if (pending.length > 0) {
    const names = pending.map((migration) => migration.name).join(', ')
    throw new UnsafeDatabaseError(
      `The database lacks ${pending.length} migration(s): ${names}. Run \`SMT_DATABASE_ADMIN_URL=… npm run migrate\` first.`,
    )
  }
}

export class UnsafeDatabaseError extends Error {
  override readonly name = 'UnsafeDatabaseError'

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
  }
}
