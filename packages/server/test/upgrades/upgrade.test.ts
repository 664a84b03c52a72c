import { createHmac } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import {
  freePort,
  startReceiver,
  startScriptedEvmNode,
  type ReceivedRequest,
  type Receiver,
  type ScriptedEvmNode,
} from '@smt/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer, type RunningServer } from '../../src/deps.ts'
import { parseEnv, serveSchema } from '../../src/platform/config.ts'
import { hasServer } from '../../src/testing/harness.ts'
import { call, tenantClient, type TenantClient } from '../e2e/tenant-client.ts'
import { owner, ports, stranger, webhookSecret } from './state.ts'
import { listStates, openState, type StoredState } from './stored-state.ts'

const names = await listStates()
const kind = hasServer() ? 'a dump' : 'a data directory'

it('keeps a state of every release that changed the database and has been stored', async () => {
  const migrations = (await readdir(new URL('../../migrations', import.meta.url))).map((file) => file.slice(0, 4))
  expect(names).toEqual(expect.arrayContaining(['0007', '0008', '0010', '0012']))
  expect(names.filter((name) => !migrations.includes(name))).toEqual([])
})

describe.each(names)(`${kind} of migration %s`, (name) => {
  let state: StoredState
  let node: ScriptedEvmNode
  let receiver: Receiver
  let server: RunningServer
  let baseUrl: string
  let acme: TenantClient

  const login = async ({ email, password, slug }: typeof owner): Promise<TenantClient> => {
    const answer = await call(baseUrl, 'POST', '/api/v1/auth/login', { body: { email, password } })
    expect(answer.status).toBe(200)
    return tenantClient(baseUrl, slug, String(answer.body['access_token']))
  }
  const itemsOf = async (tenant: TenantClient, path: string) => {
    const answer = await tenant.get(path)
    expect(answer.status).toBe(200)
    return answer.body['items'] as Record<string, unknown>[]
  }

  beforeAll(async () => {
    state = await openState(name)
    node = await whenPortIsFree(() => startScriptedEvmNode({ port: ports.node, head: state.head }))
    receiver = await whenPortIsFree(() => startReceiver({ port: ports.receiver }))
    const env = { SMT_HTTP_PORT: String(await freePort()), SMT_EGRESS_ALLOW: '127.0.0.0/8', SMT_LOG_LEVEL: 'silent' }
    server = await createServer({ env: parseEnv(serveSchema, { ...env, ...state.env }), environment: {} })
    await server.start()
    baseUrl = server.url()!
    acme = await login(owner)
  })
  afterAll(async () => {
    await server?.stop()
    await Promise.all([node?.stop(), receiver?.stop()])
    await state?.dispose()
  })

  const isSent = (path: string, webhookId: string) =>
    receiver.waitFor((request) => request.path === path && request.headers['webhook-id'] === webhookId, {
      timeoutMs: 30_000,
    })
  const isTold = (path: string, block: number) =>
    receiver.waitFor((request) => request.path === path && request.body.includes(node.txHashOf(block)), {
      timeoutMs: 30_000,
    })

  it('is opened by its passwords and its API key, and shows its configuration', async () => {
    const withKey = tenantClient(baseUrl, owner.slug, state.apiKey)
    expect((await itemsOf(withKey, '/monitors')).map((item) => item['monitor_id'])).toEqual(['transfers'])
    expect((await withKey.get('/triggers')).status).toBe(403)
    expect((await itemsOf(acme, '/networks')).map((item) => item['network_id'])).toContain('chain')
    const triggers = await itemsOf(acme, '/triggers')
    expect(triggers.map((item) => String(item['trigger_id'])).toSorted()).toEqual(['hook', 'later'])
    expect((await itemsOf(acme, '/audit-events?limit=100')).length).toBeGreaterThan(4)
  })

  it('keeps its tenants apart', async () => {
    const globex = await login(stranger)
    expect((await itemsOf(globex, '/triggers')).map((item) => item['trigger_id'])).toEqual(['hook'])
    expect((await globex.get('/triggers/later')).status).toBe(404)
    expect((await tenantClient(baseUrl, owner.slug, globex.accessToken).get('/monitors')).status).toBe(404)
  })

  it('delivers what waited, under its old ids, and repeats nothing that was told', async () => {
    for (const webhookId of state.refused) await isSent('/later', webhookId)
    await isTold('/acme', state.blockInOutbox)
    await isTold('/later', state.blockInOutbox)
    const sent = new Set(receiver.requests.map(({ headers }) => headers['webhook-id']))
    expect(state.told.filter((webhookId) => sent.has(webhookId))).toEqual([])
  })

  it('alerts about a new block, signed with the secret that was stored', async () => {
    const block = node.mine() - 1
    const [alert] = await Promise.all([isTold('/acme', block), isTold('/globex', block)])
    expect(alert.headers['x-signature']).toBe(signatureOf(alert))
    const deliveries = await itemsOf(acme, '/deliveries?limit=100')
    const ids = deliveries.map(({ id }) => `msg_${String(id).replaceAll('-', '')}`)
    expect(ids).toEqual(expect.arrayContaining([...state.told, ...state.refused]))
  })

  it('takes changes of what it holds', async () => {
    const patched = await acme.request('PATCH', '/triggers/later', { configuration: { name: 'Renamed' } })
    expect(patched.status).toBe(200)
    expect((await acme.post('/monitors/transfers/pause')).status).toBe(200)
  })
})

/** OpenZeppelin Monitor's signature: of the body followed by the time, in milliseconds. */
function signatureOf({ body, headers }: ReceivedRequest): string {
  return createHmac('sha256', webhookSecret).update(`${body}${headers['x-timestamp']}`).digest('hex')
}

// Another run of this file, in another checkout, uses the same ports for some seconds.
async function whenPortIsFree<T>(listen: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      return await listen()
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!isTaken || Date.now() > deadline) throw error
      await delay(100)
    }
  }
}
