import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployToken, startAnvil, startReceiver } from '@smt/testkit'
import { createServerUnderTest } from '../e2e/server-process.ts'
import { create, evmNetwork, registerTenant, transferMonitor, webhookTrigger } from '../e2e/tenant-client.ts'

export type KillRunOptions = {
  transactions: number
  kills: number
  /** Numbers in [0, 1): when to kill. Seeded, so that a failing run can be repeated. */
  random: () => number
  report?: (line: string) => void
}

export type KillRunResult = {
  expected: number
  lost: string[]
  misrouted: number
  /** Alerts that came again, all with the id of their first time. */
  repeated: number
  /** Repeats with another webhook-id: a receiver could not tell that they are repeats. */
  repeatedUnderAnotherId: number
}

/**
 * Two tenants watch one token while transactions are sent and the server is killed with SIGKILL at random moments and
 * started again. The oracle is a ledger of what was mined against what each tenant's webhook received.
 */
export async function runKills({
  transactions,
  kills,
  random,
  report = () => {},
}: KillRunOptions): Promise<KillRunResult> {
  const networks = await mkdtemp(join(tmpdir(), 'smt-faults-'))
  const anvil = await startAnvil({})
  const receiver = await startReceiver()
  const token = await deployToken(anvil.rpc)
  // Watching begins with the confirmed block: the deployment, which mints, is to lie before it.
  for (let n = 0; n < 3; n += 1) await anvil.rpc('evm_mine', [])
  await writeFile(join(networks, 'chain.json'), JSON.stringify(evmNetwork('chain', anvil.url)))
  const server = await createServerUnderTest({ SMT_SHARED_NETWORKS_DIR: networks })
  try {
    await server.start()
    for (const slug of ['acme', 'globex']) {
      const tenant = await registerTenant(server.baseUrl, slug)
      await create(tenant, '/triggers', webhookTrigger(`${receiver.url}/${slug}`))
      const monitor = transferMonitor('watch', 'chain', token)
      const conditions = { functions: [], events: [], transactions: [{ status: 'Failure' }] }
      await create(
        tenant,
        '/monitors',
        slug === 'acme'
          ? monitor
          : { ...monitor, configuration: { ...monitor.configuration, match_conditions: conditions } },
      )
      await anvil.rpc('evm_mine', [])
      await until(async () => {
        const { body } = await tenant.get('/monitors/watch')
        return (body['status'] as { effective_from_block: number | null }).effective_from_block !== null
      }, 60_000)
    }

    const expected = new Map<string, string>()
    const accounts = (await anvil.rpc('eth_accounts', [])) as string[]
    const killsAt = new Set(Array.from({ length: kills }, () => 1 + Math.floor(random() * (transactions - 1))))
    for (let n = 0; n < transactions; n += 1) {
      const fails = n % 4 === 3
      const txHash = fails
        ? await token.transfer({ from: accounts[3]!, to: accounts[1]!, value: 10n ** 30n, gas: 100_000n })
        : await token.transfer({ from: accounts[0]!, to: accounts[1]!, value: 1n })
      expected.set(txHash, fails ? 'globex' : 'acme')
      await pause(Math.floor(random() * 30))
      if (killsAt.has(n)) {
        await server.kill()
        report(`killed after ${n + 1} transactions, ${receiver.requests.length} alerts so far`)
        const restarting = server.start()
        await restarting
      }
    }
    await anvil.rpc('evm_mine', [])
    const alerts = () =>
      receiver.requests.map((request) => ({
        tenant: request.path.slice(1),
        txHash: String((JSON.parse(request.body) as { body: string }).body),
        id: String(request.headers['webhook-id']),
      }))
    const lost = () => {
      const seen = new Set(alerts().map((alert) => `${alert.tenant} ${alert.txHash}`))
      return [...expected].filter(([txHash, tenant]) => !seen.has(`${tenant} ${txHash}`)).map(([txHash]) => txHash)
    }
    await until(async () => lost().length === 0, 120_000).catch(() => undefined)
    // A delivery in flight at a kill is repeated when its lease ends: wait for it, so that repeats are judged too.
    const all = alerts()
    const first = new Map<string, string>()
    let repeated = 0
    let repeatedUnderAnotherId = 0
    for (const alert of all) {
      const key = `${alert.tenant} ${alert.txHash}`
      const known = first.get(key)
      if (known === undefined) first.set(key, alert.id)
      else if (known === alert.id) repeated += 1
      else repeatedUnderAnotherId += 1
    }
    return {
      expected: expected.size,
      lost: lost(),
      misrouted: all.filter((alert) => expected.get(alert.txHash) !== alert.tenant).length,
      repeated,
      repeatedUnderAnotherId,
    }
  } finally {
    await server.dispose()
    await receiver.stop()
    await anvil.stop()
    await rm(networks, { recursive: true, force: true })
  }
}

/** A small seeded generator (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const pause = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs))

async function until(condition: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('not in time')
    await pause(50)
  }
}
