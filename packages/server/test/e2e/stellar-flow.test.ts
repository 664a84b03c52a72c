import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  startReceiver,
  startStellarSimulator,
  stellarOperation,
  tokenSpec,
  type Receiver,
  type StellarSimulator,
} from '@smt/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServerUnderTest, type ServerUnderTest } from './server-process.ts'
import { create, registerTenant, webhookTrigger, type TenantClient } from './tenant-client.ts'

describe('Stellar, from a ledger to the webhooks of two tenants', () => {
  let simulator: StellarSimulator
  let receiver: Receiver
  let server: ServerUnderTest
  let networks: string
  let acme: TenantClient
  let globex: TenantClient
  let contractId: string

  beforeAll(async () => {
    simulator = await startStellarSimulator({ ledgerTimeMs: 500 })
    contractId = simulator.deploy({ name: 'token', spec: tokenSpec }).contractId
    receiver = await startReceiver()
    networks = await mkdtemp(join(tmpdir(), 'smt-networks-'))
    await writeFile(join(networks, 'stellar_local.json'), JSON.stringify(network()))
    server = await createServerUnderTest({ SMT_SHARED_NETWORKS_DIR: networks })
    await server.start()
    acme = await registerTenant(server.baseUrl, 'acme')
    globex = await registerTenant(server.baseUrl, 'globex')
    await create(acme, '/triggers', webhookTrigger(`${receiver.url}/acme`))
    await create(globex, '/triggers', webhookTrigger(`${receiver.url}/globex`, { payload_mode: 'raw' }))
  })

  afterAll(async () => {
    await server?.dispose()
    await Promise.all([receiver?.stop(), simulator?.close()])
    await rm(networks, { recursive: true, force: true })
  })

  const network = (change: Record<string, unknown> = {}) => ({
    network_type: 'Stellar',
    slug: 'stellar_local',
    name: 'Stellar local',
    rpc_urls: [{ type_: 'rpc', url: { type: 'plain', value: simulator.url }, weight: 100 }],
    network_passphrase: simulator.passphrase,
    block_time_ms: 500,
    confirmation_blocks: 1,
    cron_schedule: '*/1 * * * * *',
    max_past_blocks: 'unlimited',
    ...change,
  })
  const alertOf = (tenant: string, txHash: string) =>
    receiver.waitFor((request) => request.path === `/${tenant}` && request.body.includes(txHash), { timeoutMs: 30_000 })
  const pay = (amount: bigint): string => {
    const { alice, bob } = simulator.accounts
    const operations = [stellarOperation.payment({ to: bob, asset: 'native', amount })]
    return simulator.submit({ source: alice, operations })
  }
  const transfer = (): string => {
    const { alice, bob } = simulator.accounts
    const operations = [stellarOperation.tokenTransfer({ contractId, from: alice, to: bob, amount: 42n })]
    return simulator.submit({ source: alice, operations })
  }

  it('reaches who watches payments and who watches events, each with its own', async () => {
    await create(acme, '/monitors', {
      ...monitorBody('payments', {}),
      extensions: { stellar: { operations: [{ type: 'payment', expression: 'amount > 1000' }] } },
    })
    await create(
      globex,
      '/monitors',
      monitorBody('transfers', {
        addresses: [{ address: contractId }],
        match_conditions: {
          functions: [],
          events: [{ signature: 'Transfer(Address,Address,I128)', expression: 'amount > 41' }],
          transactions: [],
        },
      }),
    )
    await waitUntilWatched(acme, 'payments')
    await waitUntilWatched(globex, 'transfers')
    const [small, large, moved] = [pay(999n), pay(2_000n), transfer()]
    const paid = await alertOf('acme', large)
    expect(JSON.parse(paid.body)).toEqual({ title: 'Monitor payments', body: large })
    const told = await alertOf('globex', moved)
    expect(JSON.parse(told.body)).toMatchObject({
      Stellar: {
        network_slug: 'stellar_local',
        transaction: { txHash: moved, status: 'SUCCESS', decoded: { envelope: { tx: {} } } },
        ledger: { metadataXdr: expect.any(String) },
        matched_on: { events: [{ expression: 'amount > 41' }] },
      },
    })
    const others = receiver.requests.filter(({ body }) => body.includes(small))
    expect(others).toEqual([])
    expect(receiver.requests.filter(({ path, body }) => path === '/acme' && body.includes(moved))).toEqual([])
  })

  it('is readable afterwards with its positions, by its tenant alone', async () => {
    const { body } = await acme.get('/matches')
    const [match] = body['items'] as Record<string, unknown>[]
    expect(match).toMatchObject({
      matched_on: { operations: [{ type: 'payment' }] },
      positions: { operations: [{ operation_index: 0 }] },
    })
    const one = await acme.get(`/matches/${String(match?.['id'])}`)
    expect(one.body['match']).toMatchObject({ Stellar: { network_slug: 'stellar_local' } })
    expect((await globex.get(`/matches/${String(match?.['id'])}`)).status).toBe(404)
    const found = await acme.get(`/matches?tx_hash=${String(match?.['tx_hash']).toUpperCase()}`)
    expect(found.body['items']).toHaveLength(1)
  })

  it('is explained: what matched, and what did not and why', async () => {
    const { body } = await acme.get('/matches')
    const [match] = body['items'] as Record<string, unknown>[]
    const explained = await acme.post('/monitors/payments/explain', { tx_hash: match?.['tx_hash'] })
    expect(explained.body).toMatchObject({ matched: true, gates: { operations: { passed: true } } })
    const hash = transfer()
    await simulator.waitFor(hash)
    const other = await acme.post('/monitors/payments/explain', { tx_hash: hash })
    expect(other.body).toMatchObject({ matched: false, network_id: 'stellar_local' })
  })

  it('shows a node of another network on the status of the tenant who configured it', async () => {
    const passphrase = 'Public Global Stellar Network ; September 2015'
    const wrong = network({ slug: 'wrong', name: 'Wrong', network_passphrase: passphrase })
    await create(globex, '/networks', { configuration: wrong })
    await create(globex, '/monitors', monitorBody('on_wrong', { networks: ['wrong'] }))
    await waitUntil(async () => (await globex.get('/networks/wrong/status')).body['state'] === 'failing')
    expect((await globex.get('/networks/wrong/status')).body).toMatchObject({ code: 'wrong_network', cursor: null })
  })

  function monitorBody(monitorId: string, change: Record<string, unknown>) {
    return {
      monitor_id: monitorId,
      configuration: {
        name: `Monitor ${monitorId}`,
        networks: ['stellar_local'],
        paused: false,
        addresses: [],
        match_conditions: { functions: [], events: [], transactions: [] },
        trigger_conditions: [],
        triggers: ['hook'],
        ...change,
      },
    }
  }

  async function waitUntilWatched(tenant: TenantClient, monitorId: string): Promise<void> {
    await waitUntil(async () => {
      const { body } = await tenant.get(`/monitors/${monitorId}`)
      return (body['status'] as { effective_from_block: number | null }).effective_from_block !== null
    })
  }
})

async function waitUntil(condition: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not become true in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
