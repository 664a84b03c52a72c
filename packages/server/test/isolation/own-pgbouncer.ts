import { execFile, spawn } from 'node:child_process'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@smt/testkit'
import pg from 'pg'

const run = promisify(execFile)
const binary = '/usr/sbin/pgbouncer'

export type OwnPgBouncer = {
  /** The connection string of a login through the pooler. */
  urlOf(user: string): string
  stop(): Promise<void>
}

/**
 * A PgBouncer of the test's own (Debian's package) in transaction mode, with one server connection per login, on a free
 * port of the loopback address. It refuses to run as root, so it runs as `postgres` there.
 */
export async function startOwnPgBouncer(databaseUrl: string): Promise<OwnPgBouncer> {
  const { hostname, port: databasePort, pathname } = new URL(databaseUrl)
  const directory = await mkdtemp(join(tmpdir(), 'smt-pgbouncer-'))
  const owner = userInfo().uid === 0 ? await idsOf('postgres') : undefined
  const port = await freePort()
  const settings = [
    '[databases]',
    `* = host=${hostname} port=${databasePort || '5432'} dbname=${pathname.slice(1)}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = trust',
    `auth_file = ${join(directory, 'users')}`,
    'pool_mode = transaction',
    'default_pool_size = 1',
    'max_client_conn = 200',
  ]
  await writeFile(join(directory, 'pgbouncer.ini'), `${settings.join('\n')}\n`)
  await writeFile(join(directory, 'users'), '"smt_app" ""\n"smt_platform" ""\n')
  if (owner !== undefined) await chown(directory, owner.uid, owner.gid)
  const started = spawn(binary, [join(directory, 'pgbouncer.ini')], {
    ...owner,
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let hasEnded = false
  started.on('error', (error) => (output += error.message))
  started.on('close', () => (hasEnded = true))
  for (const stream of [started.stdout, started.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const urlOf = (user: string) => `postgres://${user}@127.0.0.1:${port}/${pathname.slice(1)}`
  const deadline = Date.now() + 30_000
  while (!(await answers(urlOf('smt_app')))) {
    if (hasEnded || Date.now() > deadline)
      throw new Error(`PgBouncer did not start; \`apt-get install pgbouncer\` provides ${binary}:\n${output}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  return {
    urlOf,
    stop: async () => {
      const ended = new Promise((resolve) => started.once('close', resolve))
      started.kill('SIGTERM')
      if (!hasEnded) await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
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

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, user])))
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) }
}
