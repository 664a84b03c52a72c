import {
  createEvmChain,
  createRpcPool,
  createStellarChain,
  evmIdentity,
  stellarIdentity,
  type RpcPoolOptions,
} from '@smt/chains'
import { cronIntervalMs, networkSchema, type JsonValue, type NetworkConfig } from '@smt/engine'
import type { Clock } from '../platform/clock.ts'
import { EgressError } from '../platform/egress/egress-error.ts'
import type { Egress } from '../platform/egress/egress.ts'
import { failLate } from '../platform/egress/fail-late.ts'
import type { Metrics } from '../platform/metrics.ts'
import { installationTenantId, type Secrets } from '../platform/secrets.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import { hostOf, type TenantRpcBudget } from '../tenants/rpc-budget.ts'
import { openConfiguration } from '../tenants/secret-configuration.ts'
import { chainFamilyOf, type ChainFamily, type FollowedNetwork, type SourceChain } from '../networks/source-chain.ts'
import type { TenantKeys } from '../tenants/tenant-key-service.ts'
import { createEvmSource } from './evm-source.ts'
import { UnusableNetworkError } from './source-reports.ts'
import { createStellarSource } from './stellar-source.ts'
import { findSource, type LedSource } from './source-store.ts'

export type ChainClientDeps = {
  egress: Pick<Egress, 'request'>
  secrets: Pick<Secrets, 'installation'>
  tenantKeys: TenantKeys
  clock: Clock
  metrics: Pick<Metrics, 'rpcRequests'>
}

/** How one network is read: its chain, and what its configuration says about the pace. */
export type ChainClient = {
  chain: SourceChain
  confirmationBlocks: bigint
  /** Null: no block is ever skipped. */
  maxPastBlocks: bigint | null
  pollIntervalMs: number
  /** The host of its first endpoint, for the caps on one host. */
  host: string
}

const pollIntervalMinMs = 200

/** What evaluating needs of a source's network; one whose network is gone is only retired, in whichever family. */
export function followedNetworkOf({ networkType, networkId, passphrase }: LedSource): FollowedNetwork {
  return {
    family: chainFamilyOf(networkType ?? '') ?? 'EVM',
    slug: networkId ?? '',
    passphrase: passphrase ?? undefined,
  }
}

/** Opens the configuration of a source in the caller's transaction; undefined when the network is gone. */
export async function openNetwork(
  tx: PlatformTx,
  { secrets, tenantKeys }: Pick<ChainClientDeps, 'secrets' | 'tenantKeys'>,
  source: LedSource,
): Promise<NetworkConfig | undefined> {
  if (source.configuration === null || source.networkId === null) return undefined
  return networkSchema.parse(await openedConfiguration(tx, { secrets, tenantKeys }, source))
}

/** The network of a source by its id, to be read besides following it; undefined when it is gone. */
export async function openSource(
  tx: PlatformTx,
  deps: Pick<ChainClientDeps, 'secrets' | 'tenantKeys'>,
  sourceId: string,
): Promise<{ network: NetworkConfig; kind: LedSource['kind']; tenantId: string | null } | undefined> {
  const source = await findSource(tx, sourceId)
  const network = source && (await openNetwork(tx, deps, source))
  return source && network && { network, kind: source.kind, tenantId: source.tenantId }
}

async function openedConfiguration(
  tx: PlatformTx,
  { secrets, tenantKeys }: Pick<ChainClientDeps, 'secrets' | 'tenantKeys'>,
  { configuration, tenantId, networkRowId, networkId }: LedSource,
): Promise<JsonValue> {
  const column = 'configuration'
  if (tenantId === null || networkRowId === null) {
    const place = { tenantId: installationTenantId, table: 'shared_networks', rowId: networkId ?? '', column }
    return openConfiguration('network', configuration, { secrets: secrets.installation, place })
  }
  const place = { tenantId, table: 'networks', rowId: networkRowId, column }
  return openConfiguration('network', configuration, { secrets: await tenantKeys.forTenant(tx, tenantId), place })
}

type Endpoints = Omit<RpcPoolOptions, 'identity'>

/** How each family of chains is read. */
const openers: Record<ChainFamily, (network: NetworkConfig, endpoints: Endpoints) => SourceChain> = {
  EVM: ({ chain_id: id }, endpoints) => {
    const identity = id === undefined || id === null ? undefined : evmIdentity(BigInt(String(id)))
    return createEvmSource(createEvmChain(createRpcPool({ ...endpoints, identity })))
  },
  Stellar: ({ network_passphrase: passphrase }, endpoints) => {
    const identity = typeof passphrase === 'string' ? stellarIdentity(passphrase) : undefined
    return createStellarSource(createStellarChain(createRpcPool({ ...endpoints, identity })), endpoints)
  },
}

export type ChainClientOptions = {
  network: NetworkConfig
  kind: LedSource['kind']
  /** Told of each HTTP request to a node. */
  onCall: () => void
  /** That of the tenant whose own network this is. */
  budget?: Pick<TenantRpcBudget, 'pace' | 'charge'> | undefined
  /** Waits until the failure of a tenant's own node may be known. */
  rest?: ((delayMs: number, signal: AbortSignal | undefined) => Promise<void>) | undefined
}

/**
 * A client for a network whose secrets are plain. A tenant's own node that cannot be reached fails late, so that time tells
 * nothing of the reason; a node of the operator fails at once. Throws UnusableNetworkError for a type that cannot be
 * followed.
 */
export function createChainClient(
  { egress, clock, metrics }: ChainClientDeps,
  { network, kind, onCall, budget, rest = clock.sleep }: ChainClientOptions,
): ChainClient {
  const endpoints = network.rpc_urls.map(({ url, weight }) => ({ url: url.value, weight: Number(weight) }))
  const family = chainFamilyOf(network.network_type)
  if (family === undefined) throw new UnusableNetworkError('Networks of this type cannot be followed yet.')
  const chain = openers[family](network, {
    endpoints,
    post: async ({ signal, ...request }) => {
      // Before the time that a node has begins to run.
      await budget?.pace(request.url, signal)
      const send = () => egress.request({ ...request, method: 'POST', ...(signal === undefined ? {} : { signal }) })
      const late = { clock, timeoutMs: request.timeoutMs, rest: (delayMs: number) => rest(delayMs, signal) }
      try {
        const response = await (kind === 'shared' ? send() : failLate(send, late))
        await budget?.charge(Buffer.byteLength(response.body))
        return response
      } catch (error) {
        if (error instanceof EgressError && error.code === 'body_too_large') await budget?.charge(request.maxBodyBytes)
        throw error
      }
    },
    now: () => clock.now().getTime(),
    onRequest: (method, outcome) => {
      metrics.rpcRequests.inc({ source_kind: kind, method, outcome })
      onCall()
    },
  })
  const { max_past_blocks: maxPastBlocks } = network
  return {
    chain,
    confirmationBlocks: BigInt(String(network.confirmation_blocks)),
    maxPastBlocks:
      maxPastBlocks === undefined || maxPastBlocks === null || maxPastBlocks === 'unlimited'
        ? null
        : BigInt(String(maxPastBlocks)),
    pollIntervalMs: Math.max(pollIntervalMinMs, cronIntervalMs(network.cron_schedule, clock.now())),
    host: firstHostOf(endpoints),
  }
}

function firstHostOf(endpoints: readonly { url: string; weight: number }[]): string {
  const [first] = endpoints.filter(({ weight }) => weight > 0).toSorted((left, right) => right.weight - left.weight)
  return hostOf(first?.url ?? '')
}
