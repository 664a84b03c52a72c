import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployToken, startAnvil, startReceiver, startRpcProxy } from '@smt/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServerUnderTest, type ServerUnderTest } from './server-process.ts'
import {
  create,
  evmNetwork,
  registerTenant,
  transferMonitor,
  webhookTrigger,
  type TenantClient,
} from './tenant-client.ts'

describe('one alert, from a tenant’s HTTP request to its webhook', () => {
  let anvil: Awaited<ReturnType<typeof startAnvil>>
  let token: Awaited<ReturnType<typeof deployToken>>
  let proxy: Awaited<ReturnType<typeof startRpcProxy>>
  let receiver: Awaited<ReturnType<typeof startReceiver>>
  let server: ServerUnderTest
  let networks: string
  let accounts: string[]
  let acme: TenantClient
  let globex: TenantClient

  beforeAll(async () => {
    anvil = await startAnvil({})
    token = await deployToken(anvil.rpc)
    proxy = await startRpcProxy({ target: anvil.url })
    receiver = await startReceiver()
    accounts = ((await anvil.rpc('eth_accounts', [])) as string[]).map(String)
    networks = await mkdtemp(join(tmpdir(), 'smt-networks-'))
    await writeFile(join(networks, 'shared_chain.json'), JSON.stringify(evmNetwork('shared_chain', proxy.url)))
    server = await createServerUnderTest({ SMT_SHARED_NETWORKS_DIR: networks })
    await server.start()
    acme = await registerTenant(server.baseUrl, 'acme')
    globex = await registerTenant(server.baseUrl, 'globex')
    await create(acme, '/triggers', webhookTrigger(`${receiver.url}/acme`))
    await create(globex, '/triggers', webhookTrigger(`${receiver.url}/globex`))
  })

  afterAll(async () => {
    await server?.dispose()
    await Promise.all([proxy?.stop(), receiver?.stop()])
    await anvil?.stop()
    await rm(networks, { recursive: true, force: true })
  })

  /** One transfer, then an empty block that confirms it. */
  const transfer = async (value = 1n): Promise<string> => {
    const txHash = await token.transfer({ from: accounts[0]!, to: accounts[1]!, value })
    await anvil.rpc('evm_mine', [])
    return txHash
  }
  const alertsOf = (tenant: string) => receiver.requests.filter((request) => request.path === `/${tenant}`)
  const alertOf = (tenant: string, txHash: string) =>
    receiver.waitFor((request) => request.path === `/${tenant}` && request.body.includes(txHash), { timeoutMs: 20_000 })

  it('reaches the tenant that watches, and nobody else', async () => {
    await create(acme, '/monitors', transferMonitor('transfers', 'shared_chain', token))
    await waitForBlock(acme, 'transfers')
    const txHash = await transfer()
    const alert = await alertOf('acme', txHash)
    expect(JSON.parse(alert.body)).toEqual({ title: 'Transfers transfers', body: txHash })
    expect(alert.headers['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/)
    expect(alertsOf('globex')).toEqual([])
  })

  it('is readable afterwards by its tenant: match, delivery, attempts', async () => {
    const matches = await acme.get('/matches')
    const match = (matches.body['items'] as Record<string, unknown>[])[0]!
    const one = await acme.get(`/matches/${String(match['id'])}`)
    expect(one.body['match']).toMatchObject({
      EVM: { network_slug: 'shared_chain', matched_on: { functions: [], transactions: [] } },
    })
    const deliveries = await acme.get('/deliveries')
    const delivery = (deliveries.body['items'] as Record<string, unknown>[])[0]!
    expect(delivery).toMatchObject({ state: 'delivered', trigger_id: 'hook', monitor_id: 'transfers' })
    expect((await globex.get(`/matches/${String(match['id'])}`)).status).toBe(404)
    expect((await globex.get(`/deliveries/${String(delivery['id'])}`)).status).toBe(404)
  })

  it('follows a change of configuration within a second, without a restart', async () => {
    await create(globex, '/monitors', transferMonitor('live', 'shared_chain', token))
    await waitForBlock(globex, 'live')
    const first = await transfer()
    await alertOf('globex', first)

    expect((await globex.post('/monitors/live/pause')).status).toBe(200)
    await waitUntil(async () => (await spanOf(globex, 'live')) === null)
    const whilePaused = await transfer()
    await alertOf('acme', whilePaused)
    expect(alertsOf('globex').filter((alert) => alert.body.includes(whilePaused))).toEqual([])
    expect((await globex.post('/monitors/live/resume')).status).toBe(200)
    await waitForBlock(globex, 'live')
    await alertOf('globex', await transfer())
  })

  it('matches failed transactions by their true status', async () => {
    await create(globex, '/monitors', {
      monitor_id: 'failures',
      configuration: {
        ...transferMonitor('failures', 'shared_chain', token).configuration,
        match_conditions: { functions: [], events: [], transactions: [{ status: 'Failure' }] },
      },
    })
    await waitForBlock(globex, 'failures')
    const txHash = await token.transfer({ from: accounts[3]!, to: accounts[1]!, value: 10n ** 30n, gas: 100_000n })
    await anvil.rpc('evm_mine', [])
    const alert = await alertOf('globex', txHash)
    expect(JSON.parse(alert.body)).toMatchObject({ title: 'Transfers failures' })
    expect(alertsOf('acme').filter((other) => other.body.includes(txHash))).toEqual([])
  })

  it('shows a broken node in the tenant’s own status and skips nothing', async () => {
    let isBroken = true
    proxy.intercept((request) => (isBroken && request.method === 'eth_getBlockByNumber' ? { result: null } : undefined))
    const txHash = await transfer()
    await waitUntil(async () => (await statusOf(acme)).state === 'failing')
    expect(await statusOf(acme)).toMatchObject({ state: 'failing', code: 'null_result' })
    isBroken = false
    await alertOf('acme', txHash)
    await waitUntil(async () => (await statusOf(acme)).state === 'following')
    proxy.intercept(undefined)
  })

  it('retries a failing webhook with the same id until it succeeds', async () => {
    let failures = 0
    receiver.setBehaviour((request) => {
      if (request.path !== '/acme' || failures >= 2) return { status: 200 }
      failures += 1
      return { status: 500 }
    })
    const txHash = await transfer()
    await waitUntil(async () => alertsOf('acme').filter((alert) => alert.body.includes(txHash)).length >= 3)
    const ids = alertsOf('acme')
      .filter((alert) => alert.body.includes(txHash))
      .map((alert) => alert.headers['webhook-id'])
    expect(new Set(ids).size).toBe(1)
  })

  it('keeps everything over a restart and stops cleanly on SIGTERM, also with a monitor whose node is unreachable', async () => {
    await create(globex, '/networks', { configuration: evmNetwork('dead_chain', 'http://127.0.0.1:1') })
    await create(globex, '/monitors', transferMonitor('on_dead', 'dead_chain', token))
    await waitUntil(async () => (await globex.get('/networks/dead_chain/status')).body['state'] === 'failing')
    expect(await server.stop()).toBe(0)
    const whileDown = await transfer()
    await server.start()
    await alertOf('acme', whileDown)
    expect((await globex.get('/monitors/on_dead')).status).toBe(200)
    expect((await acme.get('/monitors/transfers')).body).toMatchObject({ monitor_id: 'transfers' })
    // What was counted in memory before the stop.
    const [used] = (await acme.get('/usage?group_by=monitor&interval=month')).body['items'] as Record<string, unknown>[]
    const matches = (await acme.get('/matches?limit=200')).body['items'] as unknown[]
    expect(used).toMatchObject({ monitor_id: 'transfers', evaluations: expect.any(Number), matches: matches.length })
    expect(used?.['evaluations']).toBeGreaterThan(matches.length)
    const [own] = (await globex.get('/usage?group_by=network&interval=month')).body['items'] as Record<
      string,
      unknown
    >[]
    expect(own).toMatchObject({ network_id: 'dead_chain', evaluations: 0 })
    expect(own?.['rpc_calls_own']).toBeGreaterThan(0)
  })

  it('follows a network whose endpoint was replaced, without a restart', async () => {
    const rpc_urls = [{ type_: 'rpc', url: { type: 'plain', value: proxy.url }, weight: 100 }]
    const patched = await globex.request('PATCH', '/networks/dead_chain', { configuration: { rpc_urls } })
    expect(patched.status).toBe(200)
    await waitForBlock(globex, 'on_dead')
    const txHash = await transfer()
    await receiver.waitFor(
      (request) => request.path === '/globex' && request.body.includes(txHash) && request.body.includes('on_dead'),
      { timeoutMs: 20_000 },
    )
    expect((await globex.get('/networks/dead_chain/status')).body).toMatchObject({ code: null, failing_since: null })
  })

  it('never printed a secret or a token', () => {
    expect(server.output()).not.toContain(acme.accessToken)
    expect(server.output()).not.toContain('a long passphrase of')
  })

  type NetworkStatus = { state: string; code: string | null }
  const statusOf = async (tenant: TenantClient): Promise<NetworkStatus> =>
    (await tenant.get('/networks/shared_chain/status')).body as NetworkStatus

  async function spanOf(tenant: TenantClient, monitorId: string): Promise<unknown> {
    const { body } = await tenant.get(`/monitors/${monitorId}`)
    return (body['status'] as { effective_from_block: number | null }).effective_from_block
  }

  /** Until the leader has taken the monitor up: from then on no block is missed. */
  async function waitForBlock(tenant: TenantClient, monitorId: string): Promise<void> {
    await anvil.rpc('evm_mine', [])
    await anvil.rpc('evm_mine', [])
    await waitUntil(async () => (await spanOf(tenant, monitorId)) !== null)
  }
})

async function waitUntil(condition: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not become true in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
