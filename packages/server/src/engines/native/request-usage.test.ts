import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSharedNetworks } from '../../networks/shared-network-service.ts'
import { createLogger } from '../../platform/logger.ts'
import { systemClock } from '../../platform/clock.ts'
import type { TestApi, TestTenant } from '../../testing/api-harness.ts'
import { createWatchingTenant, monitorBody, networkBody, startFullApi } from '../../testing/configuration-api.ts'
import { createRpcBudget } from '../../tenants/rpc-budget.ts'
import { createUsageRecorder, type UsageCount, type UsageOwner } from '../../usage/usage-recorder.ts'
import { createExplainService } from './explain-service.ts'
import { createNativeEngine } from './native-engine.ts'

let api: TestApi
let acme: TestTenant
let directory: string
const own = 'https://own.example/'
const budget = createRpcBudget({ clock: systemClock, limitOf: async () => 1_000_000 }, { hostPerMinute: 1_000_000 })
const shared = 'https://shared.example/'

beforeAll(async () => {
  api = await startFullApi()
  acme = await createWatchingTenant(api, 'acme')
  directory = await mkdtemp(join(tmpdir(), 'smt-usage-'))
  const at = (value: string) => ({ rpc_urls: [{ type_: 'rpc', url: { type: 'Plain', value }, weight: 100 }] })
  await writeFile(join(directory, 'shared.json'), JSON.stringify(networkBody('shared_evm', at(shared)).configuration))
  const networks = createSharedNetworks({ ...api, logger }, { directory, environment: {} })
  await networks.start()
  await networks.stop()
  await send('POST', '/networks', networkBody('own_evm', at(own)))
  for (const network of ['own_evm', 'shared_evm'])
    await send('POST', '/monitors', monitorBody(`on_${network}`, { networks: [network] }))
})
afterAll(async () => {
  await api.close()
  await rm(directory, { recursive: true, force: true })
})

const logger = createLogger({ level: 'silent' })

async function send(method: string, path: string, body: unknown): Promise<void> {
  const reply = await api.request(method, `/tenants/acme${path}`, { token: acme.owner.token, body })
  if (reply.status >= 300) throw new Error(reply.text)
}

/** Nodes that answer nothing useful: whatever is asked of them is counted. */
function createNodes() {
  const asked = new Map<string, number>()
  const heard: (() => void)[] = []
  return {
    asked,
    egress: {
      request: async ({ url }: { url: string }) => {
        asked.set(url, (asked.get(url) ?? 0) + 1)
        for (const hear of heard.splice(0)) hear()
        return { status: 500, headers: {}, body: '', durationMs: 1 }
      },
      connect: () => Promise.reject(new Error('nobody is connected to')),
    },
    until: async (condition: () => boolean): Promise<void> => {
      while (!condition()) await new Promise<void>((resolve) => heard.push(resolve))
    },
  }
}

const callsOf = (taken: Map<UsageOwner, UsageCount[]>) =>
  Object.fromEntries(
    [...taken].flatMap(([owner, counts]) =>
      counts.map(({ networkId, rpcCalls }) => [`${owner === acme.id ? 'acme' : String(owner)} ${networkId}`, rpcCalls]),
    ),
  )

describe('requests to nodes', () => {
  it('are counted one by one: of an own network for its tenant, of a shared one for all who watch it', async () => {
    const nodes = createNodes()
    const usage = createUsageRecorder()
    const engine = createNativeEngine({
      ...api,
      ...nodes,
      usage,
      budget,
      logger,
      clock: systemClock,
      onMatches: () => undefined,
      retractAlerts: async () => [],
    })
    await engine.start()
    await nodes.until(() => nodes.asked.has(own) && nodes.asked.has(shared))
    await engine.stop()
    expect(callsOf(usage.take())).toEqual({
      'acme own_evm': nodes.asked.get(own),
      'undefined shared_evm': nodes.asked.get(shared),
    })
  })

  it('are for the tenant that has a transaction explained, also on a shared network', async () => {
    const nodes = createNodes()
    const usage = createUsageRecorder()
    const explainer = createExplainService({ ...api, ...nodes, usage, budget })
    const { rows } = await api.test.admin.query<{ id: string }>('select source_id as id from shared_networks')
    const asked = {
      tenantId: acme.id,
      ...monitorBody('any'),
      extensions: {},
      networks: [{ networkId: 'shared_evm', sourceId: rows[0]!.id }],
      network: undefined,
      txHash: `0x${'1'.repeat(64)}`,
    }
    await expect(explainer.explain(asked)).rejects.toMatchObject({ code: 'node_failed' })
    expect(nodes.asked.get(shared)).toBeGreaterThan(0)
    expect(callsOf(usage.take())).toEqual({ 'acme shared_evm': nodes.asked.get(shared) })
  })
})
