import pg from 'pg'
import type { MigrateEnv } from '../platform/config.ts'
import { migrate, type LoginPasswords } from '../platform/db/migrate.ts'
import { lintTenantWall } from '../platform/db/tenant-lint.ts'
import { UnsafeDatabaseError } from '../platform/db/safety.ts'

/** `migrate`: the one command that uses the administrator's login. */
export async function runMigrations(env: MigrateEnv, print: (line: string) => void): Promise<void> {
  const admin = new pg.Client({ connectionString: env.SMT_DATABASE_ADMIN_URL })
  try {
    await admin.connect()
  } catch (error) {
    throw new UnsafeDatabaseError('The database cannot be reached with SMT_DATABASE_ADMIN_URL.', error)
  }
  try {
    const applied = await migrate(admin, {
      ...passwordOf(env.SMT_DATABASE_URL, 'smt_app'),
      ...passwordOf(env.SMT_DATABASE_PLATFORM_URL, 'smt_platform'),
    })
    print(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`)
    const findings = await lintTenantWall(admin)
    for (const finding of findings) print(`The tenant wall has a hole: ${finding.rule}: ${finding.object}`)
    if (findings.length > 0)
      throw new UnsafeDatabaseError('The tenant wall has holes; `serve` will refuse this database.')
    print('The tenant wall stands. Logins: smt_app (SMT_DATABASE_URL) and smt_platform (SMT_DATABASE_PLATFORM_URL).')
  } finally {
    await admin.end()
  }
}

/** A login gets the password that its own URL holds, when that URL is given to `migrate` as well. */
function passwordOf(url: string | undefined, role: keyof LoginPasswords): LoginPasswords {
  if (url === undefined) return {}
  const { username, password } = new URL(url)
  return username === role && password !== '' ? { [role]: decodeURIComponent(password) } : {}
}
