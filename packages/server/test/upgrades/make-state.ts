/**
 * Stores a state of the product: README.md says when and how. It drives the API of the server that it is given alone, so
 * that it works with releases that are older or newer than this file.
 */
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { freePort, startReceiver, startScriptedEvmNode, scriptedToken, scriptedTokenAbi } from '@smt/testkit'
import pg from 'pg'
import { call, create, evmNetwork, registerTenant, transferMonitor, webhookTrigger } from '../e2e/tenant-client.ts'
import { compress } from './archive.ts'
import { owner, ports, stranger, webhookSecret, type State } from './state.ts'

const run = promisify(execFile)
const [name, checkout] = process.argv.slice(2)
const adminUrl = process.env['TEST_DATABASE_URL']
if (name === undefined || checkout === undefined || adminUrl === undefined)
  throw new Error('usage: TEST_DATABASE_URL=… tsx make-state.ts NAME CHECKOUT (a built one)')
const main = resolve(checkout, 'packages/server/dist/main.js')
const target = join(import.meta.dirname, 'states', name)
const work = await mkdtemp(join(tmpdir(), 'smt-state-'))
const masterKey = randomBytes(32).toString('base64')

type Process = { baseUrl: string; stop(): Promise<void> }

async function serve(env: Record<string, string>): Promise<Process> {
  const port = await freePort()
  const baseUrl = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [main, 'serve'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      SMT_HTTP_PORT: String(port),
      SMT_EGRESS_ALLOW: '127.0.0.0/8',
      SMT_REGISTRATION: 'open',
      SMT_MASTER_KEY: masterKey,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await waitUntil(async () => (await fetch(`${baseUrl}/health/ready`).catch(() => ({ ok: false }))).ok)
  return {
    baseUrl,
    stop: async () => {
      const ended = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not become true in time')
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** Two tenants; alerts that were told, one that was refused so far, one match without its delivery. */
async function live(env: Record<string, string>): Promise<Omit<State, 'commit' | 'migration'>> {
  const node = await startScriptedEvmNode({ port: ports.node })
  const receiver = await startReceiver({
    port: ports.receiver,
    respond: ({ path }) => ({ status: path === '/later' ? 503 : 200 }),
  })
  const idsAt = (path: string) =>
    new Set(receiver.requests.filter((request) => request.path === path).map(({ headers }) => headers['webhook-id']!))

  let server = await serve(env)
  const acme = await registerTenant(server.baseUrl, owner.slug)
  const globex = await registerTenant(server.baseUrl, stranger.slug)
  for (const tenant of [acme, globex]) {
    await create(tenant, '/networks', { configuration: evmNetwork('chain', node.url) })
    const hook = webhookTrigger(`${receiver.url}/${tenant.slug}`, { secret: { type: 'plain', value: webhookSecret } })
    await create(tenant, '/triggers', hook)
  }
  const later = webhookTrigger(`${receiver.url}/later`)
  await create(acme, '/triggers', { trigger_id: 'later', configuration: { ...later.configuration, name: 'Later' } })
  const token = { address: scriptedToken, abi: scriptedTokenAbi }
  const monitor = transferMonitor('transfers', 'chain', token)
  await create(globex, '/monitors', monitor)
  await create(acme, '/monitors', {
    ...monitor,
    configuration: { ...monitor.configuration, triggers: ['hook', 'later'] },
  })
  const permissions = [{ resource: 'monitors', actions: ['read'] }]
  const { key } = await create(acme, '/api-keys', { name: 'kept', permissions })
  const isFollowed = async () => {
    const { body } = await acme.get('/monitors/transfers')
    return (body['status'] as { effective_from_block: number | null }).effective_from_block !== null
  }
  await waitUntil(async () => {
    node.mine()
    await new Promise((done) => setTimeout(done, 500))
    return isFollowed()
  })
  node.mine(3)
  await waitUntil(async () => idsAt('/acme').size >= 3 && idsAt('/later').size >= 3 && idsAt('/globex').size >= 3)
  const isTold = async () => {
    const { body } = await acme.get('/deliveries?state=delivered&limit=100')
    return (body['items'] as unknown[]).length === idsAt('/acme').size
  }
  await waitUntil(isTold)
  await server.stop()

  // Nobody fans out now: the next match stays in the outbox.
  server = await serve({ ...env, SMT_ROLES: 'api,ingest' })
  const blockInOutbox = node.mine()
  node.mine()
  const { email, password } = owner
  const login = await call(server.baseUrl, 'POST', '/api/v1/auth/login', { body: { email, password } })
  const authorization = `Bearer ${String(login.body['access_token'])}`
  await waitUntil(async () => {
    const answer = await call(server.baseUrl, 'GET', '/api/v1/tenants/acme/matches?limit=100', {
      headers: { authorization },
    })
    return answer.text.includes(node.txHashOf(blockInOutbox))
  })
  await server.stop()
  await Promise.all([node.stop(), receiver.stop()])
  return {
    masterKey,
    apiKey: String(key),
    head: node.head(),
    told: [...idsAt('/acme')],
    refused: [...idsAt('/later')],
    blockInOutbox,
  }
}

async function write(kind: 'embedded' | 'server', facts: Omit<State, 'commit' | 'migration'>): Promise<void> {
  const { stdout } = await run('git', ['-C', checkout!, 'rev-parse', '--short', 'HEAD'])
  const migrations = await readdir(resolve(checkout!, 'packages/server/migrations'))
  const state: State = { commit: stdout.trim(), migration: migrations.toSorted().at(-1)!, ...facts }
  await writeFile(join(target, `${kind}.json`), `${JSON.stringify(state, null, 2)}\n`)
}

async function storeDataDirectory(): Promise<void> {
  const directory = join(work, 'data')
  const facts = await live({ SMT_DATA_DIR: directory })
  await writeFile(join(directory, 'master.key'), `${masterKey}\n`, { mode: 0o600 })
  await shrink(join(directory, 'pglite'))
  await run('tar', ['--create', '--file', join(work, 'data.tar'), '--directory', directory, 'pglite', 'master.key'])
  await compress(join(work, 'data.tar'), join(target, 'data.tar.br'))
  await write('embedded', facts)
}

// What is written ahead is 16 MiB a file, and nothing before the last checkpoint is needed.
async function shrink(directory: string): Promise<void> {
  const pglite = await PGlite.create(directory)
  for (const statement of ['vacuum full', 'checkpoint', 'select pg_switch_wal()', 'checkpoint'])
    await pglite.query(statement)
  const { rows } = await pglite.query<{ needed: string }>('select redo_wal_file as needed from pg_control_checkpoint()')
  await pglite.close()
  const needed = rows[0]!.needed
  for (const file of await readdir(join(directory, 'pg_wal')))
    if (/^[0-9A-F]{24}$/.test(file) && file < needed) await rm(join(directory, 'pg_wal', file))
}

async function storeDump(): Promise<void> {
  const database = `smt_state_${process.pid}`
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  await admin.query(`create database ${database}`)
  const urlFor = (user?: string) => {
    const url = new URL(adminUrl!)
    url.pathname = `/${database}`
    if (user !== undefined) url.username = user
    return url.href
  }
  try {
    await run(process.execPath, [main, 'migrate'], { env: { ...process.env, SMT_DATABASE_ADMIN_URL: urlFor() } })
    const facts = await live({
      SMT_DATABASE_URL: urlFor('smt_app'),
      SMT_DATABASE_PLATFORM_URL: urlFor('smt_platform'),
    })
    // As INSERT statements, which any client can run.
    const { stdout } = await run('pg_dump', ['--inserts', '--rows-per-insert=100', urlFor()], { maxBuffer: 1e9 })
    // `\restrict` is for psql alone.
    await writeFile(join(work, 'dump.sql'), stdout.replaceAll(/^\\(un)?restrict .*\n/gm, ''))
    await compress(join(work, 'dump.sql'), join(target, 'dump.sql.br'))
    await write('server', facts)
  } finally {
    await admin.query(`drop database if exists ${database} with (force)`)
    await admin.end()
  }
}

await mkdir(target, { recursive: true })
await storeDataDirectory()
await storeDump()
await rm(work, { recursive: true, force: true })
