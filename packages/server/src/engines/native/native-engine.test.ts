import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { retractAlerts } from '../../delivery/retraction-store.ts'
import { systemClock } from '../../platform/clock.ts'
import type { EgressRequest, EgressResponse } from '../../platform/egress/egress.ts'
import { createLogger } from '../../platform/logger.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { installationTenantId } from '../../platform/secrets.ts'
import { createRpcBudget } from '../../tenants/rpc-budget.ts'
import { createRpcLimits } from '../../tenants/rpc-limits.ts'
import { sealConfiguration } from '../../tenants/secret-configuration.ts'
import type { TestApi, TestTenant } from '../../testing/api-harness.ts'
import { monitorBody, networkBody, startConfigurationApi, triggerBody } from '../../testing/configuration-api.ts'
import { createUsageRecorder } from '../../usage/usage-recorder.ts'
import { createNativeEngine } from './native-engine.ts'

let api: TestApi

beforeAll(async () => {
  api = await startConfigurationApi()
})
afterAll(() => api.close())

const sharedHost = 'shared.example'

async function offerSharedNetwork(slug: string): Promise<void> {
  const { configuration } = networkBody(slug, {
    rpc_urls: [{ type_: 'rpc', url: { type: 'Plain', value: `https://${sharedHost}/` }, weight: 100 }],
    confirmation_blocks: 1,
    cron_schedule: '*/1 * * * * *',
  })
  const place = { tenantId: installationTenantId, table: 'shared_networks', rowId: slug, column: 'configuration' }
  const sealed = sealConfiguration('network', configuration, { secrets: api.secrets.installation, place })
  await api.test.admin.query(
    `with source as (insert into chain_sources (id, kind, lease_key) values (gen_random_uuid(), 'shared', $1) returning id)
     insert into shared_networks (network_id, source_id, configuration, content_hash) select $1, id, $2::jsonb, 'x' from source`,
    [slug, JSON.stringify(sealed)],
  )
}

async function post(tenant: TestTenant, path: string, body: object): Promise<void> {
  const reply = await api.request('POST', `/tenants/${tenant.slug}${path}`, { token: tenant.owner.token, body })
  if (reply.status !== 201) throw new Error(reply.text)
}

const hash = (number: number) => `0x${number.toString(16).padStart(64, '0')}`

/** A chain of empty blocks that grows with every look at its head. */
function createSharedNode() {
  const heads: number[] = []
  const blocks = new Set<number>()
  const answers: Record<string, (params: string[]) => unknown> = {
    eth_chainId: () => '0x1',
    eth_blockNumber: () => {
      heads.push(100 + heads.length)
      return `0x${heads.at(-1)?.toString(16)}`
    },
    eth_getBlockByNumber: ([text = '0x0']) => {
      const number = Number(text)
      blocks.add(number)
      const timestamp = `0x${(1_700_000_000 + number).toString(16)}`
      return { number: text, hash: hash(number), parentHash: hash(number - 1), timestamp, transactions: [] }
    },
    eth_getLogs: () => [],
  }
  return {
    heads,
    blocks,
    answer: (body: string) => {
      const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: string[] }
      return JSON.stringify({ jsonrpc: '2.0', id, result: answers[method]?.(params) ?? null })
    },
  }
}

describe('own networks whose nodes never answer', () => {
  it('hold few places and leave the shared source its pace', async () => {
    await offerSharedNetwork('shared_evm')
    for (let n = 0; n < 9; n += 1) {
      const tenant = await api.createTenant(`tenant-${n}`)
      const slugs = Array.from({ length: 3 }, (_, index) => `dead_${index}`)
      for (const slug of slugs) await post(tenant, '/networks', networkBody(slug))
      await post(tenant, '/triggers', triggerBody('ops'))
      await post(tenant, '/monitors', monitorBody('all', { networks: [...slugs, ...(n === 0 ? ['shared_evm'] : [])] }))
    }
    const node = createSharedNode()
    let waiting = 0
    let most = 0
    const request = ({ url, body = '', signal }: EgressRequest): Promise<EgressResponse> => {
      if (new URL(url).hostname === sharedHost)
        return Promise.resolve({ status: 200, headers: {}, body: node.answer(body), durationMs: 1 })
      waiting += 1
      most = Math.max(most, waiting)
      // As long as the test lasts, where the real thing gives up after ten seconds.
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('called off')), { once: true })
      })
    }
    const budget = createRpcBudget({ clock: systemClock, limitOf: createRpcLimits(api) }, { hostPerMinute: 1_000_000 })
    const engine = createNativeEngine({
      ...api,
      clock: systemClock,
      logger: createLogger({ level: 'silent' }),
      metrics: createMetrics(),
      egress: { request },
      usage: createUsageRecorder(),
      budget,
      onMatches: () => undefined,
      retractAlerts,
    })
    await engine.start()
    try {
      // Of the 27 as many as may be polled that never were.
      await vi.waitFor(() => expect(waiting).toBe(16), 20_000)
      const seen = node.heads.length
      await vi.waitFor(() => expect(node.heads.length).toBeGreaterThanOrEqual(seen + 3), 20_000)
      expect(node.blocks.size).toBeGreaterThanOrEqual(3)
      expect(most).toBe(16)
    } finally {
      await engine.stop()
    }
  })
})
