import { createServer, type AddressInfo, type Server } from 'node:net'
import { startReceiver, type Receiver } from '@smt/testkit'
import { networkSchema } from '@smt/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RpcError } from '@smt/chains'
import { createDispatch } from '../../src/delivery/dispatch.ts'
import { createFanOut } from '../../src/delivery/fan-out.ts'
import { createChainClient } from '../../src/ingestion/chain-client.ts'
import { systemClock, type Clock } from '../../src/platform/clock.ts'
import { createEgress, type Egress } from '../../src/platform/egress/egress.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createSecrets } from '../../src/platform/secrets.ts'
import type { TestApi, TestTenant } from '../../src/testing/api-harness.ts'
import { monitorBody, networkBody, startFullApi, triggerBody } from '../../src/testing/configuration-api.ts'
import { storeMatches } from '../../src/testing/stored-alerts.ts'

let api: TestApi
let egress: Egress
let fastEgress: Pick<Egress, 'request' | 'connect'>
let receiver: Receiver
let urls: Record<string, string>
let silent: Server
const tenants = new Map<string, TestTenant>()
const lines: string[] = []

/** Time runs so many times as fast here: for the clock, and for the limits of calls. */
const speed = 5
const realStartMs = Date.now()
const fastClock: Clock = {
  now: () => new Date(realStartMs + (Date.now() - realStartMs) * speed),
  sleep: (delayMs, signal) => systemClock.sleep(delayMs / speed, signal),
}

beforeAll(async () => {
  receiver = await startReceiver()
  egress = createEgress({
    allow: ['127.0.0.0/8'],
    deny: ['127.9.0.0/16'],
    connectTimeoutMs: 5_000 / speed,
    logger: createLogger({ level: 'info', destination: { write: (line: string) => lines.push(line) } }),
    resolve: async (name) => {
      if (name === 'inside.example') return ['10.0.0.1']
      if (name === 'hanging.example') return new Promise(() => undefined)
      throw new Error('ENOTFOUND')
    },
  })
  fastEgress = {
    request: (asked) => egress.request({ ...asked, timeoutMs: asked.timeoutMs / speed }),
    connect: (target) => egress.connect(target),
  }
  api = await startFullApi({ egress: fastEgress })
  urls = {
    refused: `http://127.0.0.1:${await unusedPort()}/`,
    blocked: 'http://10.0.0.1/',
    metadata: 'http://169.254.169.254/latest/meta-data/',
    denied: 'http://127.9.0.1/',
    blocked_name: 'http://inside.example/',
    unresolved: 'http://unknown.example/',
    hanging: 'http://hanging.example/',
    without_tls: receiver.url.replace('http:', 'https:'),
  }
  // It accepts and says nothing.
  silent = createServer((socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  for (const [name, url] of Object.entries({ ...urls, silent: `http://127.0.0.1:${port}/` }))
    tenants.set(name, await createTenant(name.replace('_', '-'), url))
})
afterAll(async () => {
  silent.close()
  await egress.close()
  await receiver.stop()
  await api.close()
})

async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A tenant whose only node and only receiver have this URL. */
async function createTenant(slug: string, url: string): Promise<TestTenant> {
  const tenant = await api.createTenant(slug)
  const { token } = tenant.owner
  const secret = { type: 'Plain', value: url }
  const bodies = {
    networks: networkBody('acme_evm', { rpc_urls: [{ type_: 'rpc', url: secret, weight: 100 }] }),
    triggers: triggerBody('ops', { url: secret, retry_policy: { max_retries: 1, jitter: 'none' } }),
    monitors: monitorBody('transfers'),
  }
  for (const [path, body] of Object.entries(bodies)) {
    const reply = await api.request('POST', `/tenants/${slug}/${path}`, { token, body })
    if (reply.status !== 201) throw new Error(reply.text)
  }
  return tenant
}

/** All at once, and how long each took in milliseconds of the fast clock. */
async function timed<T>(ask: (name: string, tenant: TestTenant) => Promise<T>) {
  const asked = [...tenants].map(async ([name, tenant]) => {
    const startedAtMs = fastClock.now().getTime()
    const answer = await ask(name, tenant)
    return { name, answer, tookMs: fastClock.now().getTime() - startedAtMs }
  })
  return Promise.all(asked)
}

/** Whoever took 20 % more or less than the one in the middle, or 20 % less than the 10 seconds that an answer is waited for. */
function unlike(times: readonly { name: string; tookMs: number }[]): string[] {
  const middleMs = times.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const isUnlike = (tookMs: number) => tookMs < 8_000 || Math.abs(tookMs - middleMs) > 0.2 * middleMs
  return times.filter(({ tookMs }) => isUnlike(tookMs)).map(({ name, tookMs }) => `${name} ${Math.round(tookMs)}`)
}

/** Without what differs between any two deliveries: names and times of day. */
function withoutNames(text: string): string {
  return text
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"time"')
    .replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|msg_[0-9a-f]{32}/g, 'id')
}

describe('that a tenant cannot tell a refused, a blocked, an unresolved, a silent and an unencrypted host apart', () => {
  it('holds for the bytes of its deliveries and their attempts', async () => {
    const dispatch = createDispatch({ ...api, egress, logger: createLogger({ level: 'silent' }), random: () => 0.5 })
    const told: Record<string, string> = {}
    for (const name of Object.keys(urls)) {
      const tenant = tenants.get(name)!
      const { slug, owner } = tenant
      const { token } = owner
      await storeMatches(api, { tenant, monitorId: 'transfers' })
      await createFanOut(api).runBatch()
      await dispatch.startDue()
      await dispatch.settled()
      const list = await api.request('GET', `/tenants/${slug}/deliveries`, { token })
      const one = await api.request('GET', `/tenants/${slug}/deliveries/${list.json.items[0].id}`, { token })
      const notices = await api.request('GET', `/tenants/${slug}/notices`, { token })
      told[name] = withoutNames(list.text + one.text + notices.text)
    }
    expect(told['refused']).toMatch(/"state":"pending","error_class":"unreachable"/)
    expect(told['refused']).toMatch(/"error_class":"unreachable","latency_ms":0/)
    expect(told).toEqual(Object.fromEntries(Object.keys(urls).map((name) => [name, told['refused']])))
  })

  it('holds for what the status of a network says of its node', async () => {
    const told: Record<string, unknown> = {}
    for (const [name, url] of Object.entries(urls)) {
      const { configuration } = networkBody('acme_evm', {
        rpc_urls: [{ type_: 'rpc', url: { type: 'Plain', value: url }, weight: 100 }],
      })
      const deps = { ...api, egress, secrets: createSecrets(Buffer.alloc(32)) }
      const network = networkSchema.parse(configuration)
      const error: unknown = await createChainClient(deps, { network, kind: 'own', onCall: () => undefined })
        .chain.head()
        .catch((reason: unknown) => reason)
      if (!(error instanceof RpcError)) throw new Error(`not refused: ${String(error)}`)
      told[name] = { code: error.code, message: error.message }
    }
    expect(told['refused']).toMatchObject({ code: 'unreachable' })
    expect(told).toEqual(Object.fromEntries(Object.keys(urls).map((name) => [name, told['refused']])))
  })

  it('holds for the time that the test of a trigger takes, also when somebody accepts and never answers', async () => {
    Object.assign(api.clock, fastClock)
    const body = { sample: { chain: 'EVM' } }
    const answers = await timed((_, { slug, owner: { token } }) =>
      api.request('POST', `/tenants/${slug}/triggers/ops/test`, { token, body }),
    )
    expect(answers.map(({ answer }) => answer.status)).toEqual(answers.map(() => 200))
    expect(unlike(answers)).toEqual([])
    const told = new Map(answers.map(({ name, answer: { json } }) => [name, `${json.error_class} ${json.latency_ms}`]))
    expect(new Set(Object.keys(urls).map((name) => told.get(name)))).toEqual(new Set(['unreachable null']))
  })

  it('holds for the times of attempts', async () => {
    const deps = { ...api, egress: fastEgress, clock: fastClock, logger: createLogger({ level: 'silent' }) }
    await api.test.admin.query(`delete from trigger_health; update deliveries set state = 'cancelled'`)
    for (const tenant of tenants.values()) await storeMatches(api, { tenant, monitorId: 'transfers', block: 101 })
    while ((await createFanOut(api).runBatch()).matches > 0);
    const dispatch = createDispatch({ ...deps, random: () => 0.5 })
    await dispatch.startDue()
    await dispatch.settled()
    const { rows } = await api.test.admin.query<{ tenant_id: string; ms: number; count: number }>(
      `select tenant_id, count(*)::integer as count, extract(epoch from max(started_at) - min(started_at))::float8 * 1000 as ms
       from attempts a join deliveries d using (tenant_id) where d.id = a.delivery_id and d.state = 'pending'
       group by tenant_id`,
    )
    expect(rows.map(({ count }) => count)).toEqual([...tenants].map(() => 2))
    expect(unlike(rows.map(({ tenant_id: name, ms }) => ({ name, tookMs: ms })))).toEqual([])
  })

  it('holds for the time that a node of its own takes, and a reason for a transaction; not for the operator’s', async () => {
    const polls = await timed((_, { id }) => headOf(id, 'own'))
    expect(unlike(polls)).toEqual([])
    const body = { tx_hash: `0x${'ab'.repeat(32)}` }
    const reasons = await timed((_, { slug, owner: { token } }) =>
      api.request('POST', `/tenants/${slug}/monitors/transfers/explain`, { token, body }),
    )
    expect(unlike(reasons)).toEqual([])
    expect(new Set(reasons.map(({ answer }) => answer.status))).toEqual(new Set([502]))
    const startedAtMs = fastClock.now().getTime()
    await headOf(tenants.get('refused')!.id, 'shared')
    expect(fastClock.now().getTime() - startedAtMs).toBeLessThan(5_000)
  })

  /** What a tenant's node says of its head, as the network of this kind. */
  async function headOf(tenantId: string, kind: 'own' | 'shared'): Promise<unknown> {
    const name = [...tenants].find(([, { id }]) => id === tenantId)?.[0] ?? ''
    const { port } = silent.address() as AddressInfo
    const url = { type: 'Plain', value: urls[name] ?? `http://127.0.0.1:${port}/` }
    const { configuration } = networkBody('acme_evm', { rpc_urls: [{ type_: 'rpc', url, weight: 100 }] })
    const deps = { ...api, egress: fastEgress, clock: fastClock, secrets: createSecrets(Buffer.alloc(32)) }
    return createChainClient(deps, { network: networkSchema.parse(configuration), kind, onCall: () => undefined })
      .chain.head()
      .catch((reason: unknown) => reason)
  }

  it('does not hold for the operator, whose log names host and reason', () => {
    const logged = lines.map((line): Record<string, unknown> => JSON.parse(line))
    const reasonOf = (host: string) =>
      logged.filter((line) => line['host'] === host).map(({ msg, code }) => `${String(msg)} ${String(code)}`)[0]
    expect([reasonOf('inside.example'), reasonOf('unknown.example'), reasonOf('hanging.example')]).toEqual([
      'an outbound connection was refused undefined',
      'an outbound connection could not be made dns_failure',
      'an outbound connection could not be made timeout',
    ])
    expect(lines.join('\n')).not.toContain('meta-data')
  })
})
