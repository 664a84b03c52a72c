import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import pg from 'pg'
import { lockDataDir } from './data-dir-lock.ts'
import { systemClock } from '../clock.ts'
import { createDatabase, type Database, type DatabaseOptions } from './doors.ts'
import { migrate } from './migrate.ts'
import { assertSafeDatabase, assertWallStands, UnsafeDatabaseError } from './safety.ts'
import { createContextSigner, installContextKey } from './tenant-context.ts'
import { createTypeParsers } from './tx.ts'

type Shared = Pick<DatabaseOptions, 'slotsOf' | 'budget' | 'statementTimeoutMs' | 'rewriteSql'> & {
  /** 32 bytes, the same on every replica: what tenant contexts are signed with. */
  contextKey: Buffer
}

export type DatabaseEnv = {
  SMT_DATABASE_URL?: string | undefined
  SMT_DATABASE_PLATFORM_URL?: string | undefined
  SMT_DATA_DIR: string
}

/** The database that the environment names: a server when it has URLs, else the embedded one. */
export function openDatabase(env: DatabaseEnv, options: Shared & { poolMax?: number }): Promise<Database> {
  const { poolMax, ...shared } = options
  if (env.SMT_DATABASE_URL === undefined || env.SMT_DATABASE_PLATFORM_URL === undefined) {
    return openEmbeddedDatabase(env.SMT_DATA_DIR, shared)
  }
  return openServerDatabase({
    ...shared,
    ...(poolMax === undefined ? {} : { poolMax }),
    appUrl: env.SMT_DATABASE_URL,
    platformUrl: env.SMT_DATABASE_PLATFORM_URL,
  })
}

/**
 * Opens (creates, migrates) the embedded database in `dataDir`. One process at a time: a second one gets a clear error.
 * It survives a killed process, not a power cut (PGlite does not fsync).
 */
export async function openEmbeddedDatabase(dataDir: string, shared: Shared): Promise<Database> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const lock = await lockDataDir(dataDir)
  try {
    const pglite = await PGlite.create(join(dataDir, 'pglite'))
    const database = await wrapPglite(pglite, { ...shared, onClose: () => lock.release() })
    return database
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** A database over a PGlite instance that this call takes over; migrates it first. */
export async function wrapPglite(
  pglite: PGlite,
  { contextKey, ...options }: Shared & { onClose?: () => Promise<void> },
): Promise<Database> {
  // Exactly one pool of one connection: PGlite has one session, and a second pool would run inside its transactions.
  const pool = createPglitePool(pglite)
  const client = await pool.connect()
  try {
    await migrate(client)
    await assertWallStands(client)
    await installContextKey(client, contextKey)
  } finally {
    client.release()
  }
  return createDatabase({
    ...options,
    signContext: createContextSigner(contextKey, systemClock),
    kind: 'pglite',
    appPool: pool,
    platformPool: pool,
    onClose: async () => {
      await pglite.close()
      await options.onClose?.()
    },
  })
}

/** The one pool of one connection over a PGlite instance; the caller closes the instance after the pool. */
export function createPglitePool(pglite: PGlite): pg.Pool {
  // PGlite brings its own `connection` object, which the types of pg.Pool do not know.
  const { connection, user, password, database, host, port } = createPgConfig(pglite)
  const config = { connection, user, password, database, host, port }
  return createPool({ ...config, max: 1, idleTimeoutMillis: 0 } as pg.PoolConfig)
}

export type ServerDatabaseOptions = Shared & { appUrl: string; platformUrl: string; poolMax?: number }

/**
 * Connects to a PostgreSQL server with the two service logins. Never migrates: a missing migration, an unsafe role or a
 * server that is too old is refused with the command that mends it.
 */
export async function openServerDatabase(options: ServerDatabaseOptions): Promise<Database> {
  const { appUrl, platformUrl, contextKey, poolMax = 20, ...shared } = options
  const appPool = createServerPool(appUrl, poolMax)
  const platformPool = createServerPool(platformUrl, poolMax)
  try {
    await assertSafeDatabase(appPool, 'smt_app')
    await assertSafeDatabase(platformPool, 'smt_platform')
    await signContextsWith(platformPool, contextKey)
  } catch (error) {
    await Promise.allSettled([appPool.end(), platformPool.end()])
    throw error
  }
  const signContext = createContextSigner(contextKey, systemClock)
  return createDatabase({ ...shared, kind: 'postgres', appPool, platformPool, signContext })
}

const clockDifferenceMaxMs = 20_000

async function signContextsWith(platformPool: pg.Pool, contextKey: Buffer): Promise<void> {
  const client = await platformPool.connect()
  try {
    const databaseTime = await installContextKey(client, contextKey)
    const differenceMs = databaseTime.getTime() - systemClock.now().getTime()
    if (Math.abs(differenceMs) > clockDifferenceMaxMs) {
      throw new UnsafeDatabaseError(
        `The clocks of this machine and of the database differ by ${Math.round(differenceMs / 1000)} s; tenant contexts hold for a minute. Synchronise them.`,
      )
    }
  } finally {
    client.release()
  }
}

/** A pool of connections to a server; `max` bounds the connections of this process. */
export function createServerPool(connectionString: string, max: number): pg.Pool {
  const pool = createPool({ connectionString, max, connectionTimeoutMillis: 5_000, keepAlive: true })
  // An idle connection that the server ends is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => undefined)
  // The same for one that is in use: its statements fail by themselves, what has no statement to fail must not end us.
  pool.on('connect', (client) => {
    client.on('error', () => undefined)
  })
  return pool
}

// `pipeline` is newer than the type definitions of pg.
function createPool(config: pg.PoolConfig): pg.Pool {
  const options: pg.PoolConfig & { pipeline: boolean } = {
    ...config,
    pipeline: true,
    types: createTypeParsers(pg.types.getTypeParser),
  }
  return new pg.Pool(options)
}
