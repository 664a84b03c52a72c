import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNativeEngine } from '../src/engines/native/native-engine.ts'
import { ownLeaseKey } from '../src/networks/lease-key.ts'
import { systemClock } from '../src/platform/clock.ts'
import { EgressError } from '../src/platform/egress/egress-error.ts'
import type { EgressRequest, EgressResponse } from '../src/platform/egress/egress.ts'
import { createLogger } from '../src/platform/logger.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { installationTenantId } from '../src/platform/secrets.ts'
import { createRpcBudget } from '../src/tenants/rpc-budget.ts'
import { createRpcLimits } from '../src/tenants/rpc-limits.ts'
import { sealConfiguration } from '../src/tenants/secret-configuration.ts'
import type { TestApi, TestTenant } from '../src/testing/api-harness.ts'
import {
  createWatchingTenant,
  monitorBody,
  networkBody,
  startConfigurationApi,
} from '../src/testing/configuration-api.ts'
import { createUsageRecorder } from '../src/usage/usage-recorder.ts'
import { percentile } from './delivery-scene.ts'

// `npm run bench:delivery -- own-networks` with TEST_DATABASE_URL: the pace of a shared source alone, and beside own
// networks whose nodes take every request and never answer.
const networks = Number(process.env['SMT_BENCH_NETWORKS'] ?? 10_000)
const tenants = Number(process.env['SMT_BENCH_TENANTS'] ?? 100)
const seconds = Number(process.env['SMT_BENCH_SECONDS'] ?? 60)

const sharedHost = 'shared.example'
let api: TestApi
let first: TestTenant

beforeAll(async () => {
  api = await startConfigurationApi()
  first = await createWatchingTenant(api, 'first')
  await offerSharedNetwork('shared_evm')
  const body = monitorBody('shared', { networks: ['shared_evm'] })
  const reply = await api.request('POST', '/tenants/first/monitors', { token: first.owner.token, body })
  if (reply.status !== 201) throw new Error(reply.text)
}, 300_000)
afterAll(() => api.close())

const report = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

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

/** Networks of one tenant with one monitor on all of them, past the API and its quotas. */
async function addDeadNetworks(tenant: TestTenant, count: number): Promise<void> {
  const secrets = await api.database.withTenant(tenant.id, {}, (tx) => api.tenantKeys.forTenant(tx, tenant.id))
  const rows = Array.from({ length: count }, (_, n) => {
    const id = randomUUID()
    const rpcUrls = [{ type_: 'rpc', url: { type: 'Plain', value: `https://dead-${n % 50}.example/` }, weight: 100 }]
    const { configuration } = networkBody(`dead_${n}`, { rpc_urls: rpcUrls, cron_schedule: '*/10 * * * * *' })
    const place = { tenantId: tenant.id, table: 'networks', rowId: id, column: 'configuration' }
    return {
      id,
      sourceId: randomUUID(),
      text: JSON.stringify(sealConfiguration('network', configuration, { secrets, place })),
    }
  })
  await api.test.admin.query(
    `insert into chain_sources (id, kind, lease_key) select s, 'own', $2 from unnest($1::uuid[]) s`,
    [rows.map(({ sourceId }) => sourceId), ownLeaseKey(tenant.id)],
  )
  await api.test.admin.query(
    `insert into networks (tenant_id, id, configuration, source_id)
     select $1, r.id, r.text::jsonb, r.source_id from unnest($2::uuid[], $3::text[], $4::uuid[]) as r (id, text, source_id)`,
    [tenant.id, rows.map(({ id }) => id), rows.map(({ text }) => text), rows.map(({ sourceId }) => sourceId)],
  )
  await api.test.admin.query(
    `with monitor as (
       insert into monitors (tenant_id, id, monitor_id, configuration, version_id)
       values ($1, gen_random_uuid(), 'dead', $2::jsonb, gen_random_uuid()) returning tenant_id, id, version_id, configuration),
     version as (
       insert into monitor_versions (tenant_id, id, monitor_id, version, configuration, severity, labels, extensions, created_by)
       select tenant_id, version_id, id, 1, configuration, 'low', '{}', '{}', 'bench' from monitor)
     insert into monitor_networks (tenant_id, monitor_id, position, network_id, own_network_id, source_id)
     select n.tenant_id, m.id, row_number() over (order by n.id) - 1, n.network_id, n.id, n.source_id
     from networks n, monitor m where n.tenant_id = $1 and n.network_id like 'dead%'`,
    [tenant.id, JSON.stringify(monitorBody('dead').configuration)],
  )
}

const hash = (number: number) => `0x${number.toString(16).padStart(64, '0')}`

/** A chain of empty blocks, one a second; notes when it was asked for its head. */
function createSharedNode() {
  const askedAtMs: number[] = []
  const answers: Record<string, (params: string[]) => unknown> = {
    eth_chainId: () => '0x1',
    eth_blockNumber: () => {
      askedAtMs.push(performance.now())
      return `0x${Math.floor(Date.now() / 1_000).toString(16)}`
    },
    eth_getBlockByNumber: ([text = '0x0']) => {
      const number = Number(text)
      return { number: text, hash: hash(number), parentHash: hash(number - 1), timestamp: text, transactions: [] }
    },
    eth_getLogs: () => [],
  }
  const request = ({ url, body = '', signal, timeoutMs }: EgressRequest): Promise<EgressResponse> => {
    if (new URL(url).hostname !== sharedHost) {
      return new Promise((_, reject) => {
        const timer = setTimeout(() => reject(new EgressError('timeout', 'request')), timeoutMs)
        signal?.addEventListener('abort', () => {
          clearTimeout(timer)
          reject(new EgressError('aborted', 'request'))
        })
      })
    }
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: string[] }
    const result = answers[method]?.(params) ?? null
    return Promise.resolve({
      status: 200,
      headers: {},
      body: JSON.stringify({ jsonrpc: '2.0', id, result }),
      durationMs: 1,
    })
  }
  return { askedAtMs, request }
}

/** How long after one look at the head of the shared chain the next one came. */
async function measureRounds(label: string): Promise<number> {
  const node = createSharedNode()
  const engine = createNativeEngine({
    ...api,
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    metrics: createMetrics(),
    egress: node,
    usage: createUsageRecorder(),
    budget: createRpcBudget({ clock: systemClock, limitOf: createRpcLimits(api) }, { hostPerMinute: 6_000 }),
    onMatches: () => undefined,
    retractAlerts: async () => [],
  })
  const started = performance.now()
  await engine.start()
  const startMs = performance.now() - started
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  const rounds = node.askedAtMs.slice(1).map((atMs, index) => atMs - (node.askedAtMs[index] ?? 0))
  await engine.stop()
  await api.test.admin.query(`update leases set expires_at = '-infinity', holder = null`)
  report(
    `${label}: ${rounds.length} rounds, p50 ${percentile(rounds, 0.5).toFixed(0)} ms, p99 ${percentile(rounds, 0.99).toFixed(0)} ms` +
      ` (started in ${startMs.toFixed(0)} ms)`,
  )
  return rounds.length
}

describe('own networks that never answer', () => {
  it('leave the shared source its pace', async () => {
    expect(await measureRounds('shared source alone')).toBeGreaterThan(0)
    for (let n = 0; n < tenants; n += 1) {
      await addDeadNetworks(await api.createTenant(`dead-${n}`), Math.ceil(networks / tenants))
    }
    await api.test.admin.query('analyze')
    expect(await measureRounds(`beside ${networks} dead own networks of ${tenants} tenants`)).toBeGreaterThan(0)
  })
})
