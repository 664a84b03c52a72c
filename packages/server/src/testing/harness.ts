import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { inject } from 'vitest'
import { createDatabase, type Database, type DatabaseOptions } from '../platform/db/doors.ts'
import { systemClock } from '../platform/clock.ts'
import { createPglitePool, createServerPool } from '../platform/db/open-database.ts'
import { createContextSigner, type SignContext } from '../platform/db/tenant-context.ts'
import { testContextKey } from './context-key.ts'

export type TestDatabase = {
  database: Database
  /** The administrator's statements: outside of every door and policy. Never inside a test's own transaction on PGlite. */
  admin: {
    query<Row extends pg.QueryResultRow>(
      text: string,
      values?: unknown[],
    ): Promise<{ rows: Row[]; rowCount: number | null }>
  }
  /** As the doors sign, for statements that go around them. */
  signContext: SignContext
  /** Connection strings of the service logins; undefined on PGlite. */
  urls: { app: string; platform: string; admin: string } | undefined
  close(): Promise<void>
}

const signContext = createContextSigner(testContextKey, systemClock)

/** Whether this run has a PostgreSQL server: race, lease, lock, timeout, pool and escape tests need one. */
export function hasServer(): boolean {
  return inject('databaseTemplate').kind === 'postgres'
}

/** A fresh, migrated database of this test file's own. */
export async function openTestDatabase(options: Partial<DatabaseOptions> = {}): Promise<TestDatabase> {
  const template = inject('databaseTemplate')
  return template.kind === 'pglite'
    ? openPgliteClone(template.dumpPath, options)
    : openServerClone(template.adminUrl, template.template, options)
}

async function openPgliteClone(dumpPath: string, options: Partial<DatabaseOptions>): Promise<TestDatabase> {
  const pglite = await PGlite.create({ loadDataDir: new Blob([await readFile(dumpPath)]) })
  const pool = createPglitePool(pglite)
  const database = createDatabase({ kind: 'pglite', appPool: pool, platformPool: pool, signContext, ...options })
  return {
    database,
    admin: pool,
    signContext,
    urls: undefined,
    close: async () => {
      await database.close()
      await pglite.close()
    },
  }
}

async function openServerClone(
  adminUrl: string,
  template: string,
  options: Partial<DatabaseOptions>,
): Promise<TestDatabase> {
  const name = `smt_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`
  const root = new pg.Client({ connectionString: adminUrl })
  await root.connect()
  await createFromTemplate(root, name, template)
  const urlFor = (user: string | undefined) => {
    const url = new URL(adminUrl)
    url.pathname = `/${name}`
    if (user !== undefined) url.username = user
    return url.href
  }
  const urls = { app: urlFor('smt_app'), platform: urlFor('smt_platform'), admin: urlFor(undefined) }
  const database = createDatabase({
    kind: 'postgres',
    appPool: createServerPool(urls.app, 10),
    platformPool: createServerPool(urls.platform, 10),
    signContext,
    slotsOf: () => 10,
    ...options,
  })
  const admin = createServerPool(urls.admin, 4)
  return {
    database,
    admin,
    signContext,
    urls,
    close: async () => {
      await database.close()
      await admin.end()
      await root.query(`drop database if exists ${name} with (force)`)
      await root.end()
    },
  }
}

// Two clones of one template at the same moment are refused ("source database is being accessed"): one at a time.
async function createFromTemplate(root: pg.Client, name: string, template: string): Promise<void> {
  await root.query('select pg_advisory_lock(7236401599)')
  try {
    await root.query(`create database ${name} template ${template}`)
    // Rights on a database are not cloned with it.
    await root.query(`revoke temporary on database ${name} from public`)
    await root.query(`grant temporary on database ${name} to smt_door`)
  } finally {
    await root.query('select pg_advisory_unlock(7236401599)')
  }
}
