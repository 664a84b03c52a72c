import type { EvmChain } from '@smt/chains'
import { retractAlerts } from '../delivery/retraction-store.ts'
import { createFailureRetry } from '../engines/native/failure-retry.ts'
import { createSourceRunner, type SourceRunner } from '../engines/native/source-runner.ts'
import { createCommitter } from '../ingestion/commit.ts'
import { followedNetworkOf } from '../ingestion/chain-client.ts'
import { createEvmSource } from '../ingestion/evm-source.ts'
import { createLeadership } from '../ingestion/leadership.ts'
import { createRollback } from '../ingestion/rollback.ts'
import { createSourceNotices } from '../ingestion/source-notices.ts'
import { createSourceReports } from '../ingestion/source-reports.ts'
import { createConfigFeed } from '../matching/config-feed.ts'
import { createLiveIndex } from '../matching/live-index.ts'
import type { SourceChain } from '../networks/source-chain.ts'
import { createLogger } from '../platform/logger.ts'
import type { TestApi, TestReply, TestTenant } from './api-harness.ts'
import { monitorBody, startConfigurationApi, triggerBody } from './configuration-api.ts'
import { token } from './scripted-chain.ts'
import { createUsageRecorder, type UsageRecorder } from '../usage/usage-recorder.ts'

const party = { type: 'address', indexed: true }
const transferAbi = [
  {
    type: 'event',
    name: 'Transfer',
    anonymous: false,
    inputs: [
      { ...party, name: 'from' },
      { ...party, name: 'to' },
      { name: 'value', type: 'uint256', indexed: false },
    ],
  },
]

export type LeadOptions = {
  confirmationBlocks?: bigint
  maxPastBlocks?: bigint | null
  /** How long the budget of requests has nothing. */
  delayMs?: () => Promise<number>
}

/** One chain source as its leader polls it, with a database and two tenants who can watch it; the chain is scripted. */
export type SourceScene = {
  api: TestApi
  /** Counts what the runners evaluate. */
  usage: UsageRecorder
  acme: TestTenant
  globex: TestTenant
  /** A shared network of the next test's own, which nobody watches yet. */
  newNetwork(kind?: { network_type: 'EVM' } | { network_type: 'Stellar'; network_passphrase: string }): Promise<void>
  networkId(): string
  sourceId(): string
  call(tenant: TestTenant, method: string, path: string, body?: unknown): Promise<TestReply>
  /** A new monitor of transfers on the network. */
  watch(tenant: TestTenant, address?: string): Promise<TestReply>
  watchInstead(tenant: TestTenant, address: string): Promise<TestReply>
  transfers(address: string): object
  /** A process that leads the source from now on. */
  lead(chain: EvmChain, options?: LeadOptions): Promise<SourceRunner>
  /** The same for a chain of any family. */
  leadSource(chain: SourceChain, options?: LeadOptions): Promise<SourceRunner>
  /** Rows of a query whose $1 is the source. */
  rowsOf<Row extends Record<string, unknown>>(text: string): Promise<Row[]>
  sourceRow(): Promise<Record<string, unknown> | undefined>
  ranges(): Promise<Record<string, unknown>[]>
  /** Blocks in which the tenant has matches that are not orphaned. */
  matched(tenant: TestTenant): Promise<number[]>
  spans(tenant: TestTenant): Promise<(number | null)[][]>
  noticesOf(tenant: TestTenant): Promise<{ kind: string; is_open: boolean }[]>
}

export async function startSourceScene(): Promise<SourceScene> {
  const api = await startConfigurationApi()
  let networks = 0
  let networkId = ''
  let sourceId = ''

  const call: SourceScene['call'] = async (tenant, method, path, body) => {
    const reply = await api.request(method, `/tenants/${tenant.slug}${path}`, {
      token: tenant.owner.token,
      ...(body === undefined ? {} : { body }),
    })
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(reply.json.errors)}`)
    return reply
  }
  const createTenant = async (slug: string): Promise<TestTenant> => {
    const tenant = await api.createTenant(slug)
    await call(tenant, 'POST', '/triggers', triggerBody('ops'))
    return tenant
  }
  const transfers = (address: string) => ({
    networks: [networkId],
    addresses: [{ address, contract_spec: transferAbi }],
  })
  const rowsOf: SourceScene['rowsOf'] = async <Row extends Record<string, unknown>>(text: string) =>
    (await api.test.admin.query<Row>(text, [sourceId])).rows
  const usage = createUsageRecorder()
  const acme = await createTenant('acme')
  const globex = await createTenant('globex')

  const leadSource: SourceScene['leadSource'] = async (
    chain,
    { confirmationBlocks = 2n, maxPastBlocks = null, delayMs = async () => 0 } = {},
  ) => {
    await api.test.admin.query(`update leases set expires_at = '-infinity'`)
    const source = (await createLeadership(api).claim()).find(({ id }) => id === sourceId)
    if (source === undefined) throw new Error('the source has no work')
    const { database, metrics } = api
    const network = followedNetworkOf(source)
    // Stands still unless a test advances it: a poll has a time slice, which a busy machine must not use up.
    const startedAtMs = Date.now()
    const clock = { now: () => new Date(startedAtMs + api.clock.now().getTime() - Date.now()) }
    const logger = createLogger({ level: 'silent' })
    const committer = createCommitter({ database })
    const meter = usage.meter(sourceId)
    const feed = createConfigFeed({ database, onSourcesChanged: () => undefined })
    await feed.start()
    feed.track(sourceId)
    return createSourceRunner(
      {
        clock,
        metrics,
        feed,
        committer,
        rollback: createRollback({ database, retractAlerts }),
        reports: createSourceReports({ database, clock, logger, notices: createSourceNotices({ database }) }, source),
        failureRetry: createFailureRetry({ database, committer, clock, logger }, { id: sourceId, network }),
        openClient: async () => ({
          chain,
          confirmationBlocks,
          maxPastBlocks,
          pollIntervalMs: 1_000,
          host: 'node',
        }),
        delayMs,
        isLeader: () => true,
        onMatches: () => undefined,
        meter,
        signal: new AbortController().signal,
      },
      source,
      createLiveIndex({ database, feed, logger, meter }, { id: sourceId, epoch: source.epoch, network }),
    )
  }

  return {
    api,
    usage,
    acme,
    globex,
    networkId: () => networkId,
    sourceId: () => sourceId,
    call,
    transfers,
    newNetwork: async (kind = { network_type: 'EVM' }) => {
      for (const tenant of [acme, globex]) {
        const { json } = await call(tenant, 'GET', '/monitors')
        for (const { monitor_id: id } of json.items) await call(tenant, 'DELETE', `/monitors/${id}`)
      }
      networks += 1
      networkId = `testnet_${networks}`
      const { rows } = await api.test.admin.query<{ id: string }>(
        `with source as (insert into chain_sources (id, kind, lease_key) values (gen_random_uuid(), 'shared', $1) returning id)
         insert into shared_networks (network_id, source_id, configuration, content_hash)
         select $1, id, $2::jsonb || jsonb_build_object('slug', $1::text, 'name', $1::text), 'x' from source
         returning source_id as id`,
        [networkId, JSON.stringify(kind)],
      )
      sourceId = rows[0]?.id ?? ''
      await api.test.admin.query('delete from notices')
    },
    watch: (tenant, address = token) => call(tenant, 'POST', '/monitors', monitorBody('transfers', transfers(address))),
    watchInstead: (tenant, address) =>
      call(tenant, 'PATCH', '/monitors/transfers', { configuration: transfers(address) }),

    lead: (chain, options) => leadSource(createEvmSource(chain), options),
    leadSource,

    rowsOf,
    sourceRow: async () =>
      (
        await rowsOf(`select state, status_code as code, failing_since, cursor_number::int as cursor, cursor_hash as hash,
          head_number::int as head from chain_sources where id = $1`)
      )[0],
    ranges: () =>
      rowsOf(`select from_block::int as "from", to_block::int as "to", state, reason from source_ranges
        where source_id = $1 order by from_block`),
    matched: async (tenant) =>
      (
        await rowsOf<{ block: number; tenant_id: string }>(
          `select tenant_id, block_number::int as block from matches
           where source_id = $1 and orphaned_at is null order by block_number`,
        )
      )
        .filter((row) => row.tenant_id === tenant.id)
        .map(({ block }) => block),
    spans: async (tenant) =>
      (
        await rowsOf<{ tenant_id: string; from: number; to: number | null }>(
          `select tenant_id, from_block::int as "from", to_block::int as "to" from monitor_spans
           where source_id = $1 order by from_block, to_block`,
        )
      )
        .filter((row) => row.tenant_id === tenant.id)
        .map(({ from, to }) => [from, to]),
    noticesOf: async (tenant) => {
      const { rows } = await api.test.admin.query<{ kind: string; is_open: boolean }>(
        `select kind, subject_id, resolved_at is null as is_open from notices where tenant_id = $1 order by kind`,
        [tenant.id],
      )
      return rows
    },
  }
}
