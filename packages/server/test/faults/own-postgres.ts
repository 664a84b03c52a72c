import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@smt/testkit'
import pg from 'pg'

const run = promisify(execFile)

export type OwnPostgres = {
  /** The administrator's connection string. */
  url: string
  /** As when the machine loses power: no checkpoint, no goodbye to anybody. */
  crash(): Promise<void>
  /** Resolves when it takes connections again, after its recovery. */
  start(): Promise<void>
  dispose(): Promise<void>
}

/**
 * A PostgreSQL of the test's own, on a free port of the loopback address: what is stopped here is nobody else's. Takes the
 * newest binaries of Debian's packages, and runs as user `postgres` where this process is root, as the server demands.
 */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const bin = await newestBinaries()
  const owner = userInfo().uid === 0 ? await idsOf('postgres') : undefined
  const directory = await mkdtemp(join(tmpdir(), 'smt-postgres-'))
  if (owner !== undefined) await chown(directory, owner.uid, owner.gid)
  const data = join(directory, 'data')
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'], {
    ...owner,
    cwd: directory,
  })
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let running: ChildProcess | undefined
  let output = ''

  const start = async (): Promise<void> => {
    const settings = [`listen_addresses=127.0.0.1`, `port=${port}`, `unix_socket_directories=${directory}`]
    const started = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...owner,
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    running = started
    started.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const deadline = Date.now() + 30_000
    while (!(await answers(url))) {
      if (started.exitCode !== null || Date.now() > deadline) throw new Error(`PostgreSQL did not start:\n${output}`)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
  const crash = async (): Promise<void> => {
    const ended = running
    running = undefined
    if (ended === undefined || ended.exitCode !== null) return
    const exited = new Promise((resolve) => ended.once('exit', resolve))
    // An immediate shutdown, as `pg_ctl stop -m immediate` asks for it.
    ended.kill('SIGQUIT')
    await exited
  }

  await start()
  return {
    url,
    crash,
    start,
    dispose: async () => {
      await crash()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function newestBinaries(): Promise<string> {
  const root = '/usr/lib/postgresql'
  const [newest] = (await readdir(root)).toSorted((left, right) => Number(right) - Number(left))
  if (newest === undefined) throw new Error(`there are no PostgreSQL binaries under ${root}`)
  return join(root, newest, 'bin')
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const idOf = async (flag: string) => Number((await run('id', [flag, user])).stdout)
  return { uid: await idOf('-u'), gid: await idOf('-g') }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
