import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { hasServer, openTestDatabase, type TestDatabase } from '../../testing/harness.ts'
import { DataDirLockedError, lockDataDir } from './data-dir-lock.ts'
import { openEmbeddedDatabase, openServerDatabase } from './open-database.ts'
import { sql } from './tx.ts'

const contextKey = Buffer.alloc(32, 'key')

describe.skipIf(!hasServer())('start-up refusal on a server', () => {
  let test: TestDatabase
  const role = `smt_unsafe_${process.pid}`
  const urlOf = (user: string) => Object.assign(new URL(test.urls!.app), { username: user }).href

  beforeAll(async () => {
    test = await openTestDatabase()
    await test.admin.query(`create role ${role} login`)
  })
  afterAll(async () => {
    await test.admin.query(`drop owned by ${role}`)
    await test.admin.query(`drop role ${role}`)
    await test.close()
  })

  const open = (appUrl: string) =>
    openServerDatabase({ appUrl, platformUrl: test.urls!.platform, contextKey, poolMax: 2 })

  it('serves a migrated database through the two logins', async () => {
    const database = await open(test.urls!.app)
    expect(database.kind).toBe('postgres')
    await database.close()
  })

  it('refuses a superuser and says which login to use', async () => {
    await expect(open(test.urls!.admin)).rejects.toThrow(/is unsafe: it is a superuser.*Log in as smt_app/)
  })

  it('refuses a login with BYPASSRLS', async () => {
    await test.admin.query(`alter role ${role} bypassrls`)
    await expect(open(urlOf(role))).rejects.toThrow(/is unsafe: it has BYPASSRLS/)
    await test.admin.query(`alter role ${role} nobypassrls`)
  })

  it('refuses a login that is a member of another role', async () => {
    await test.admin.query(`grant smt_owner to ${role}`)
    await expect(open(urlOf(role))).rejects.toThrow(/is unsafe: it is a member of another role/)
    await test.admin.query(`revoke smt_owner from ${role}`)
  })

  it('refuses a login that owns a table', async () => {
    await test.admin.query(`create table mine (id int)`)
    await test.admin.query(`alter table mine owner to ${role}`)
    await expect(open(urlOf(role))).rejects.toThrow(/is unsafe: it owns tables/)
    await test.admin.query('drop table mine')
  })

  it('refuses any other login than the one for this connection', async () => {
    await expect(open(urlOf(role))).rejects.toThrow(/but smt_app is needed/)
  })

  it('refuses a database with a missing migration and names the command', async () => {
    await test.admin.query(`delete from schema_migrations where number = (select max(number) from schema_migrations)`)
    await expect(open(test.urls!.app)).rejects.toThrow(/lacks 1 migration.*npm run migrate/)
  })

  it('refuses a database whose migration was edited after it had been applied', async () => {
    const test = await openTestDatabase()
    onTestFinished(() => test.close())
    await test.admin.query(`update schema_migrations set checksum = 'other' where number = 6`)
    await expect(open(test.urls!.app)).rejects.toThrow(/was changed after it had been applied/)
  })
})

describe.skipIf(!hasServer())('a hole in the wall on a server', () => {
  it('is refused at start-up', async () => {
    const test = await openTestDatabase()
    await test.admin.query('alter table monitors disable row level security')
    await expect(
      openServerDatabase({ appUrl: test.urls!.app, platformUrl: test.urls!.platform, contextKey, poolMax: 2 }),
    ).rejects.toThrow(/row-level security is off: public\.monitors/)
    await test.close()
  })
})

describe('the embedded data directory', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smt-data-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it('keeps its rows from one start to the next and refuses a second process meanwhile', async () => {
    const first = await openEmbeddedDatabase(directory, { contextKey })
    await first.withPlatform((tx) => tx.execute(sql`insert into leases (lease_key) values ('kept')`))
    await expect(openEmbeddedDatabase(directory, { contextKey })).rejects.toThrow(DataDirLockedError)
    await first.close()

    const second = await openEmbeddedDatabase(directory, { contextKey })
    expect(await second.withPlatform((tx) => tx.rows(sql`select lease_key from leases`))).toEqual([
      { lease_key: 'kept' },
    ])
    await second.close()
  })

  it('names the process that holds the lock and what to do', async () => {
    const lock = await lockDataDir(directory)
    await expect(lockDataDir(directory)).rejects.toThrow(new RegExp(`in use by process ${process.pid}.*SMT_DATA_DIR`))
    await lock.release()
  })

  it('takes over the lock of a process that is gone, whatever its file says', async () => {
    for (const content of ['4194304999\n', '', 'not a pid']) {
      await writeFile(join(directory, 'smt.lock'), content)
      const lock = await lockDataDir(directory)
      await expect(lockDataDir(directory)).rejects.toThrow(DataDirLockedError)
      await lock.release()
    }
  })
})
