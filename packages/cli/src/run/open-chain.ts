import {
  createEvmChain,
  createRpcPool,
  createStellarChain,
  evmIdentity,
  stellarIdentity,
  type ChainIdentity,
  type EvmChain,
  type RpcError,
  type RpcPool,
  type StellarChain,
} from '@smt/chains'
import type { NetworkConfig } from '@smt/engine'
import { CliError } from '../cli-error.ts'
import { type Http, hostOf } from '../http.ts'

export type ChainDeps = { http: Pick<Http, 'send'>; now: () => number }

/** The chain of an EVM network whose secrets are plain. */
export function openEvmChain(deps: ChainDeps, network: NetworkConfig): EvmChain {
  const { chain_id: id } = network
  const identity = id === undefined || id === null ? undefined : evmIdentity(BigInt(String(id)))
  return createEvmChain(openPool(deps, network, identity))
}

/** The chain of a Stellar network whose secrets are plain. */
export function openStellarChain(deps: ChainDeps, network: NetworkConfig): StellarChain {
  const { network_passphrase: passphrase } = network
  const identity = typeof passphrase === 'string' ? stellarIdentity(passphrase) : undefined
  return createStellarChain(openPool(deps, network, identity))
}

function openPool({ http, now }: ChainDeps, { rpc_urls: urls }: NetworkConfig, identity?: ChainIdentity): RpcPool {
  return createRpcPool({
    endpoints: urls.map(({ url, weight }) => ({ url: url.value, weight: Number(weight) })),
    post: (request) => http.send({ ...request, method: 'POST' }),
    identity,
    now,
  })
}

/** What failed and which hosts were asked: a URL may hold a key. */
export function nodeError(cause: RpcError, { slug, rpc_urls: urls }: NetworkConfig, what: string): CliError {
  const hosts = [...new Set(urls.map(({ url }) => hostOf(url.value)))].join(', ')
  return new CliError(`${slug}: ${what} (asked: ${hosts || 'nobody'}).`, { exitCode: 1, cause })
}
