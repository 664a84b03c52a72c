import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployToken, freePort, startAnvil, startReceiver } from '@smt/testkit'
import { createApiClient } from './api-client.ts'
import { startServer } from './server-process.ts'
import { createTally, type Tally } from './tally.ts'

export type DemoOptions = { signal: AbortSignal; print: (line: string) => void }

const networkId = 'demo_chain'
const blockTimeS = 1
/** How long the last alerts may take after the last transaction. */
const settleMs = 30_000

/**
 * One server, one chain, two tenants: `acme` is told of every transfer of a token, `globex` of every transaction of that
 * token that fails. Returns the exit code: 1 when an alert is missing or went to the wrong tenant.
 */
export async function runDemo({ signal, print }: DemoOptions): Promise<number> {
  const startedAt = performance.now()
  const directory = await mkdtemp(join(tmpdir(), 'smt-demo-'))
  const cleanUps: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })]
  try {
    const port = await freePort()
    const baseUrl = `http://127.0.0.1:${port}`
    const tally = createTally()
    const receiver = await startReceiver()
    cleanUps.push(() => receiver.stop())
    const anvil = await startAnvil({ blockTimeS, inOwnGroup: true })
    cleanUps.push(() => anvil.stop())

    const networks = join(directory, 'networks')
    await mkdir(networks)
    await writeFile(join(networks, `${networkId}.json`), JSON.stringify(demoNetwork(anvil.url, anvil.chainId)))
    const starting = startServer(
      {
        SMT_HTTP_PORT: String(port),
        SMT_DATA_DIR: join(directory, 'data'),
        SMT_SHARED_NETWORKS_DIR: networks,
        SMT_EGRESS_ALLOW: '127.0.0.0/8',
        SMT_LOG_LEVEL: 'warn',
      },
      baseUrl,
    )
    cleanUps.push(async () => (await starting).stop())
    const [token] = await Promise.all([deployToken(anvil.rpc), starting])

    receiver.onRequest((request) => reportAlert(request, { tally, print }))
    const watched = { address: token.address, contract_spec: token.abi }
    await createTenant(baseUrl, receiver.url, 'acme', {
      name: 'Token transfers',
      addresses: [watched],
      match_conditions: {
        functions: [],
        events: [{ signature: 'Transfer(address,address,uint256)' }],
        transactions: [],
      },
    })
    await createTenant(baseUrl, receiver.url, 'globex', {
      name: 'Failed token calls',
      addresses: [watched],
      match_conditions: { functions: [], events: [], transactions: [{ status: 'Failure' }] },
    })
    print(`API      ${baseUrl} (docs: ${baseUrl}/docs)`)
    print(`chain    ${anvil.url}, one block per ${blockTimeS} s, alerts after 1 confirmation block`)
    print(`token    ${token.address}`)
    print(`tenants  acme: every transfer; globex: every failed transaction`)
    print(
      `ready in ${((performance.now() - startedAt) / 1000).toFixed(1)} s; a transaction about once a second follows`,
    )

    await sendUntilStopped({ anvil, token, tally, signal })
    await settle(tally)
    const { sent, received, missing, misrouted, p99Ms } = tally.summary()
    await cleanUp(cleanUps)
    print(`sent=${sent} received=${received} missing=${missing} misrouted=${misrouted} p99_ms=${Math.round(p99Ms)}`)
    return missing === 0 && misrouted === 0 && sent > 0 ? 0 : 1
  } finally {
    await cleanUp(cleanUps)
  }
}

/** Undoes everything, also when one step fails; then throws the first failure. */
async function cleanUp(steps: (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    await step().catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

function demoNetwork(rpcUrl: string, chainId: number) {
  return {
    network_type: 'EVM',
    slug: networkId,
    name: 'Demo chain',
    rpc_urls: [{ type_: 'rpc', url: { type: 'plain', value: rpcUrl }, weight: 100 }],
    chain_id: chainId,
    block_time_ms: 500,
    confirmation_blocks: 1,
    cron_schedule: '*/1 * * * * *',
    max_past_blocks: 'unlimited',
  }
}

async function createTenant(
  baseUrl: string,
  receiverUrl: string,
  slug: string,
  monitor: Record<string, unknown>,
): Promise<void> {
  const { access_token: accessToken } = await createApiClient(baseUrl).post('/auth/register', {
    email: `owner@${slug}.example`,
    password: `a long passphrase of ${slug}`,
    tenant_name: slug,
    tenant_slug: slug,
  })
  const api = createApiClient(baseUrl, String(accessToken))
  await api.post(`/tenants/${slug}/triggers`, {
    trigger_id: 'hook',
    configuration: {
      name: 'Demo webhook',
      trigger_type: 'webhook',
      config: {
        url: { type: 'plain', value: `${receiverUrl}/${slug}` },
        message: { title: '${monitor.name}', body: '${transaction.hash}' },
      },
    },
  })
  await api.post(`/tenants/${slug}/monitors`, {
    monitor_id: 'token',
    configuration: { networks: [networkId], paused: false, trigger_conditions: [], triggers: ['hook'], ...monitor },
  })
}

type Sending = {
  anvil: Awaited<ReturnType<typeof startAnvil>>
  token: Awaited<ReturnType<typeof deployToken>>
  tally: Tally
  signal: AbortSignal
}

// Every third transaction asks for more than there is and fails on chain, with gas given so that it is mined at all.
async function sendUntilStopped({ anvil, token, tally, signal }: Sending): Promise<void> {
  const accounts = await anvil.rpc('eth_accounts', [])
  const [sender, recipient] = Array.isArray(accounts) ? accounts.map(String) : []
  if (sender === undefined || recipient === undefined) throw new Error('the chain has no accounts')
  for (let n = 1; !signal.aborted; n += 1) {
    const fails = n % 3 === 0
    const txHash = fails
      ? await token.transfer({ from: recipient, to: sender, value: 10n ** 30n, gas: 100_000n })
      : await token.transfer({ from: sender, to: recipient, value: BigInt(n) })
    const minedAtMs = await waitUntilMined(anvil, txHash)
    tally.expect(txHash, fails ? 'globex' : 'acme', minedAtMs)
  }
}

async function waitUntilMined(anvil: Sending['anvil'], txHash: string): Promise<number> {
  const deadline = Date.now() + 30_000
  while ((await anvil.rpc('eth_getTransactionReceipt', [txHash])) === null) {
    if (Date.now() > deadline) throw new Error(`transaction ${txHash} was not mined`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return Date.now()
}

async function settle(tally: Tally): Promise<void> {
  const deadline = Date.now() + settleMs
  while (tally.missing() > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
  // A little longer, so that an alert too many is seen as well.
  await new Promise((resolve) => setTimeout(resolve, 500))
}

type Alert = { path: string; body: string; receivedAt: number }

function reportAlert(request: Alert, { tally, print }: { tally: Tally; print: DemoOptions['print'] }): void {
  const tenant = request.path.slice(1)
  const { title, body: txHash } = parseAlert(request.body)
  const latencyMs = tally.receive({ txHash, tenant, receivedAtMs: request.receivedAt })
  const latency = latencyMs === undefined ? '' : ` ${Math.round(latencyMs)} ms after its block`
  print(`  ${tenant.padEnd(7)} ${title}: ${txHash.slice(0, 18)}…${latency}`)
}

function parseAlert(text: string): { title: string; body: string } {
  const alert: unknown = JSON.parse(text)
  if (typeof alert !== 'object' || alert === null || !('title' in alert) || !('body' in alert))
    throw new Error('not an alert')
  return { title: String(alert.title), body: String(alert.body) }
}
