import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../platform/db/migrate.ts'
import { createPglitePool } from '../platform/db/open-database.ts'
import { installContextKey } from '../platform/db/tenant-context.ts'
import { testContextKey } from './context-key.ts'

declare module 'vitest' {
  // Declaration merging is how vitest types what a global set-up provides.
  // oxlint-disable-next-line typescript/consistent-type-definitions
  export interface ProvidedContext {
    databaseTemplate: { kind: 'pglite'; dumpPath: string } | { kind: 'postgres'; adminUrl: string; template: string }
  }
}

/**
 * Migrates one template that every test file clones: a dumped PGlite directory, or a template database on the server of
 * TEST_DATABASE_URL (an administrator).
 */
export default async function setUpDatabaseTemplate(project: TestProject): Promise<() => Promise<void>> {
  const adminUrl = process.env['TEST_DATABASE_URL']
  return adminUrl === undefined || adminUrl === '' ? setUpPglite(project) : setUpServer(project, adminUrl)
}

async function setUpPglite(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'smt-test-'))
  const pglite = await PGlite.create()
  const pool = createPglitePool(pglite)
  const client = await pool.connect()
  await migrate(client)
  await installContextKey(client, testContextKey)
  client.release()
  await pool.end()
  const dumpPath = join(directory, 'template.tar')
  await writeFile(dumpPath, Buffer.from(await (await pglite.dumpDataDir('none')).arrayBuffer()))
  await pglite.close()
  project.provide('databaseTemplate', { kind: 'pglite', dumpPath })
  return () => rm(directory, { recursive: true, force: true })
}

async function setUpServer(project: TestProject, adminUrl: string): Promise<() => Promise<void>> {
  const template = `smt_template_${process.pid}`
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  await admin.query(`drop database if exists ${template}`)
  await admin.query(`create database ${template}`)
  const client = new pg.Client({ connectionString: databaseUrl(adminUrl, template) })
  await client.connect()
  await migrate(client)
  await installContextKey(client, testContextKey)
  await client.end()
  project.provide('databaseTemplate', { kind: 'postgres', adminUrl, template })
  return async () => {
    await admin.query(`drop database if exists ${template} with (force)`)
    await admin.end()
  }
}

function databaseUrl(adminUrl: string, database: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  return url.href
}
