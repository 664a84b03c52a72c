import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startReceiver } from '@smt/testkit'
import type { DemoChain } from './demo-chain.ts'
import { startEvmChain } from './evm-chain.ts'
import { startServer } from './server-process.ts'
import { startStellarChain } from './stellar-chain.ts'
import { createTally, type Tally } from './tally.ts'
import { registerTenant } from './tenants.ts'

export type DemoOptions = { signal: AbortSignal; print: (line: string) => void }

/** How long the last alerts may take after the last transaction. */
const settleMs = 30_000

/**
 * One server, an EVM chain and a Stellar network, two tenants that watch different things on each. Returns the exit
 * code: 1 when an alert is missing or went to the wrong tenant.
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
    const chains: DemoChain[] = []
    for (const start of [startEvmChain, startStellarChain]) {
      const chain = await start()
      cleanUps.push(() => chain.stop())
      chains.push(chain)
    }

    const networks = join(directory, 'networks')
    await mkdir(networks)
    for (const { networkId, network } of chains)
      await writeFile(join(networks, `${networkId}.json`), JSON.stringify(network))
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
    await Promise.all([starting, ...chains.map((chain) => chain.prepare())])

    receiver.onRequest((request) => reportAlert(request, { tally, print }))
    for (const tenant of ['acme', 'globex'] as const)
      await registerTenant(tenant, { baseUrl, receiverUrl: receiver.url, chains })
    print(`API      ${baseUrl} (docs: ${baseUrl}/docs)`)
    for (const [word, line] of chains.flatMap((chain) => chain.describe())) print(`${word.padEnd(8)} ${line}`)
    print(
      `ready in ${((performance.now() - startedAt) / 1000).toFixed(1)} s; ` +
        'a transaction about once a second follows on each chain',
    )

    await Promise.all(chains.map((chain) => sendUntilStopped(chain, { tally, signal })))
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

type Sending = { tally: Tally; signal: AbortSignal }

// One transaction at least, also when starting took all the time there was.
async function sendUntilStopped(chain: DemoChain, { tally, signal }: Sending): Promise<void> {
  for (let n = 1; n === 1 || !signal.aborted; n += 1) {
    const { txHash, tenant, minedAtMs } = await chain.send(n)
    tally.expect(txHash, tenant, minedAtMs)
  }
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
