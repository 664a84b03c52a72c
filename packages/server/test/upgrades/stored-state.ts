import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { inject } from 'vitest'
import { parseEnv, migrateSchema } from '../../src/platform/config.ts'
import { runMigrations } from '../../src/roles/migrate.ts'
import { decompress } from './archive.ts'
import { stateSchema, type State } from './state.ts'

const run = promisify(execFile)
const states = join(import.meta.dirname, 'states')

export type StoredState = State & {
  /** Where today's release finds the installation; its environment. */
  env: Record<string, string>
  dispose(): Promise<void>
}

export async function listStates(): Promise<string[]> {
  return (await readdir(states)).toSorted()
}

/** Unpacks a data directory, or loads a dump into a new database and runs `migrate`, when there is a server. */
export function openState(name: string): Promise<StoredState> {
  const template = inject('databaseTemplate')
  return template.kind === 'pglite' ? unpackDataDirectory(name) : loadDump(name, template.adminUrl)
}

async function unpackDataDirectory(name: string): Promise<StoredState> {
  const directory = await mkdtemp(join(tmpdir(), 'smt-upgrade-'))
  const data = join(directory, 'data')
  await mkdir(data)
  await decompress(join(states, name, 'data.tar.br'), join(directory, 'data.tar'))
  await run('tar', ['--extract', '--file', join(directory, 'data.tar'), '--directory', data])
  const pglite = await PGlite.create(join(data, 'pglite'))
  await pglite.exec(asIfStoredToday)
  await pglite.close()
  return {
    ...(await readState(name, 'embedded')),
    env: { SMT_DATA_DIR: data },
    dispose: () => rm(directory, { recursive: true, force: true }),
  }
}

async function loadDump(name: string, adminUrl: string): Promise<StoredState> {
  const directory = await mkdtemp(join(tmpdir(), 'smt-upgrade-'))
  const state = await readState(name, 'server')
  const database = `smt_upgrade_${process.pid}_${name}`
  const root = new pg.Client({ connectionString: adminUrl })
  await root.connect()
  await root.query(`create database ${database}`)
  const urlFor = (user?: string) => {
    const url = new URL(adminUrl)
    url.pathname = `/${database}`
    if (user !== undefined) url.username = user
    return url.href
  }
  await decompress(join(states, name, 'dump.sql.br'), join(directory, 'dump.sql'))
  const admin = new pg.Client({ connectionString: urlFor() })
  await admin.connect()
  await admin.query(await readFile(join(directory, 'dump.sql'), 'utf8'))
  await admin.query(`set search_path = public; ${asIfStoredToday}`)
  await admin.end()
  const urls = {
    SMT_DATABASE_URL: urlFor('smt_app'),
    SMT_DATABASE_PLATFORM_URL: urlFor('smt_platform'),
    SMT_MASTER_KEY: state.masterKey,
  }
  await runMigrations(parseEnv(migrateSchema, { ...urls, SMT_DATABASE_ADMIN_URL: urlFor() }), () => undefined)
  return {
    ...state,
    env: { ...urls, SMT_DATA_DIR: join(directory, 'data') },
    dispose: async () => {
      await root.query(`drop database if exists ${database} with (force)`)
      await root.end()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

// An upgrade takes minutes; what was stored years ago would have been given up meanwhile, as it should be.
const asIfStoredToday = `update deliveries set next_attempt_at = now(), give_up_at = now() + interval '24 hours'
  where state in ('pending', 'sending')`

async function readState(name: string, kind: 'embedded' | 'server'): Promise<State> {
  return stateSchema.parse(JSON.parse(await readFile(join(states, name, `${kind}.json`), 'utf8')))
}
