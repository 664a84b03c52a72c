// Schemathesis against the built server with a fresh embedded database: every check on, no server error and no answer that
// the OpenAPI document does not declare. Needs Python 3 with venv; installs the pinned version into a temporary directory.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const version = '4.32.5'
/** Of both long parts together; with installation and start it is about two minutes. */
const secondsMax = Number(process.env.SCHEMATHESIS_SECONDS ?? 80)
const examplesMax = process.env.SCHEMATHESIS_EXAMPLES ?? '8'
const root = fileURLToPath(new URL('..', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'smt-schemathesis-'))
const main = join(root, 'packages/server/dist/main.js')
const venv = process.env.SCHEMATHESIS_VENV ?? join(directory, 'venv')

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

function must(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
}

async function startServer(port) {
  const server = spawn(process.execPath, [main, 'serve'], {
    env: {
      PATH: process.env.PATH,
      SMT_HTTP_PORT: String(port),
      SMT_DATA_DIR: join(directory, 'data'),
      // Everything but 127.0.0.0/8: whatever is made up goes nowhere.
      SMT_EGRESS_ALLOW: '127.0.0.0/8',
      SMT_EGRESS_DENY:
        '128.0.0.0/1,0.0.0.0/2,64.0.0.0/3,96.0.0.0/4,112.0.0.0/5,120.0.0.0/6,124.0.0.0/7,126.0.0.0/8,::/0',
      SMT_LOG_LEVEL: 'error',
      SMT_API_RATE_CALLER: '1000000',
      SMT_API_RATE_TENANT: '1000000',
      SMT_API_RATE_ADDRESS: '1000000',
      SMT_API_RATE_FAILURES: '1000000',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const deadline = Date.now() + 60_000
  for (;;) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error('the server did not start')
    const isReady = await fetch(`http://127.0.0.1:${port}/health/ready`).then(
      (reply) => reply.ok,
      () => false,
    )
    if (isReady) return server
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function stop(running) {
  const ended = new Promise((resolve) => running.once('exit', resolve))
  running.kill('SIGTERM')
  await ended
}

async function post(base, path, body, token) {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const reply = await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (reply.status !== 201 && reply.status !== 200) throw new Error(`${path}: ${await reply.text()}`)
  return reply.json()
}

const password = 'correct horse battery staple'

/** The owner of everything is an operator as well, so that all operations are reached. */
function createOperator() {
  const person = ['--email', 'owner@schema.example']
  const { status } = spawnSync(process.execPath, [main, 'admin', 'create-operator', ...person], {
    env: { PATH: process.env.PATH, SMT_DATA_DIR: join(directory, 'data') },
    input: `${password}\n`,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`the operator was not created: ${status}`)
}

/** One object of each kind for the paths to name, so that not every answer is 404. */
async function furnish(base, receiver) {
  const { access_token: token } = await post(base, '/auth/login', { email: 'owner@schema.example', password })
  const person = { email: 'member@schema.example', password, tenant_name: 'Home', tenant_slug: 'member-home' }
  const { user: member } = await post(base, '/auth/register', person)
  for (const slug of ['acme', 'suspended', 'deleted']) await post(base, '/tenants', { slug, name: slug }, token)
  const create = (path, body) => post(base, `/tenants/acme${path}`, body, token)
  await create('/members', { email: member.email, role: 'member' })
  const key = await create('/api-keys', { name: 'ci', permissions: [{ resource: 'monitors', actions: ['read'] }] })
  const url = { type: 'plain', value: receiver }
  await create('/networks', {
    configuration: {
      network_type: 'EVM',
      slug: 'chain',
      name: 'Chain',
      rpc_urls: [{ type_: 'rpc', url, weight: 100 }],
      chain_id: 1,
      block_time_ms: 12_000,
      confirmation_blocks: 12,
      cron_schedule: '*/10 * * * * *',
      max_past_blocks: 50,
      store_blocks: false,
    },
  })
  await create('/triggers', {
    trigger_id: 'hook',
    configuration: {
      name: 'Hook',
      trigger_type: 'webhook',
      config: {
        url: { type: 'plain', value: receiver },
        method: 'POST',
        message: { title: 'Alert', body: 'Transaction' },
      },
    },
  })
  await create('/monitors', {
    monitor_id: 'monitor',
    configuration: {
      name: 'Monitor',
      networks: ['chain'],
      paused: false,
      addresses: [{ address: '0x00000000000000000000000000000000000000aa' }],
      match_conditions: { functions: [], events: [], transactions: [{ status: 'Any' }] },
      trigger_conditions: [],
      triggers: ['hook'],
    },
  })
  return {
    token,
    params: {
      slug: 'acme',
      user_id: member.id,
      key_id: key.id,
      network_id: 'chain',
      trigger_id: 'hook',
      monitor_id: 'monitor',
    },
  }
}

// What JSON Schema cannot say is judged by the services: cursors and expressions, references, versions, quotas.
const checks = `
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "412", "422"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "429"]
`

/** Most is asked of one tenant with objects; what would suspend or delete it is asked of others. */
function configure({ token, params }) {
  const named = Object.entries(params).map(([name, value]) => `"path.${name}" = ${JSON.stringify(value)}`)
  const headers = `headers = { Authorization = "Bearer ${token}" }\n`
  const ofOneTenant = `
${headers}
[parameters]
${named.join('\n')}
${checks}
[[operations]]
include-operation-id = "patchOperatedTenant"
parameters = { "path.slug" = "suspended" }

[[operations]]
include-operation-id = "deleteTenant"
parameters = { "path.slug" = "deleted" }

# No node answers here, and to say so is what 502 is for.
[[operations]]
include-operation-id = "explainMonitor"
checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "502"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "422", "502"]
`
  const write = (name, text) => {
    const file = join(directory, name)
    writeFileSync(file, text)
    return file
  }
  return { ofOneTenant: write('one.toml', ofOneTenant), linked: write('linked.toml', headers + checks) }
}

/** The far end of every trigger and network: it accepts whatever comes, and is no node. */
function listen() {
  return new Promise((resolve) => {
    const receiver = createHttpServer((request, response) => request.resume().on('end', () => response.end('ok')))
    receiver.listen(0, '127.0.0.1', () => resolve(receiver))
  })
}

let receiver
let server
try {
  if (process.env.SCHEMATHESIS_VENV === undefined) {
    must('python3', ['-m', 'venv', venv])
    must(join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', `schemathesis==${version}`])
  }
  const port = await freePort()
  server = await startServer(port)
  const owner = { email: 'owner@schema.example', password, tenant_name: 'Home', tenant_slug: 'owner-home' }
  await post(`http://127.0.0.1:${port}/api/v1`, '/auth/register', owner)
  await stop(server)
  createOperator()
  server = await startServer(port)
  const origin = `http://127.0.0.1:${port}`
  receiver = await listen()
  const configs = configure(await furnish(`${origin}/api/v1`, `http://127.0.0.1:${receiver.address().port}/`))
  const run = async (config, ...choice) => {
    const args = ['--config-file', config, 'run', `${origin}/openapi.json`, '--url', origin, '--checks', 'all'].concat(
      ['--max-examples', examplesMax, '--continue-on-failure', '--no-shrink', '--request-timeout', '20'],
      ['--seed', process.env.SCHEMATHESIS_SEED ?? '1'],
      choice,
    )
    // Not spawnSync: the receiver of this process must answer meanwhile.
    const child = spawn(join(venv, 'bin/schemathesis'), args, { stdio: 'inherit', cwd: directory })
    const status = await new Promise((resolve) => child.once('exit', resolve))
    if (status !== 0) process.exitCode = 1
  }
  const alone = ['examples,coverage,fuzzing', '--max-time']
  const notLogout = ['--exclude-operation-id', 'logout']
  await run(configs.ofOneTenant, ...notLogout, '--phases', ...alone, String(Math.ceil(secondsMax * 0.6)))
  // From the answers of one operation to the next, in tenants that it makes itself.
  // A key that was revoked stays visible, with the moment at which it was.
  await run(
    configs.linked,
    ...notLogout,
    '--exclude-operation-id',
    'revokeApiKey',
    '--phases',
    'stateful',
    '--max-time',
    String(Math.ceil(secondsMax * 0.4)),
  )
  await run(configs.ofOneTenant, '--include-operation-id', 'logout', '--phases', ...alone, '3')
} finally {
  server?.kill('SIGKILL')
  receiver?.close()
  rmSync(directory, { recursive: true, force: true })
}
