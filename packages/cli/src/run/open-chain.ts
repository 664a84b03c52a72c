import {
  createEvmChain,
  createRpcPool,
  createStellarChain,
  type EvmChain,
  evmIdentity,
  type RpcError,
  type RpcPoolOptions,
  type StellarChain,
  stellarIdentity,
} from '@smt/chains'
import type { NetworkConfig } from '@smt/engine'
import { CliError } from '../cli-error.ts'
import { type Http, hostOf } from '../http.ts'

export type ChainDeps = { http: Pick<Http, 'send'>; now: () => number }

/** The chain of an EVM network whose secrets are plain. */
export function openEvmChain(deps: ChainDeps, network: NetworkConfig): EvmChain {
  const { chain_id: chainId } = network
  const identity = chainId === undefined || chainId === null ? undefined : evmIdentity(BigInt(String(chainId)))
  return createEvmChain(createRpcPool({ ...poolOptions(deps, network), identity }))
}

/** The chain of a Stellar network whose secrets are plain. */
export function openStellarChain(deps: ChainDeps, network: NetworkConfig): StellarChain {
  const { network_passphrase: passphrase } = network
  const identity = typeof passphrase === 'string' ? stellarIdentity(passphrase) : undefined
  return createStellarChain(createRpcPool({ ...poolOptions(deps, network), identity }))
}

function poolOptions({ http, now }: ChainDeps, { rpc_urls: urls }: NetworkConfig): Omit<RpcPoolOptions, 'identity'> {
  return {
    endpoints: urls.map(({ url, weight }) => ({ url: url.value, weight: Number(weight) })),
    post: (request) => http.send({ ...request, method: 'POST' }),
    now,
  }
}

/** What failed and which hosts were asked: a URL may hold a key. */
export function nodeError(cause: RpcError, { slug, rpc_urls: urls }: NetworkConfig, what: string): CliError {
  const hosts = [...new Set(urls.map(({ url }) => hostOf(url.value)))].join(', ')
  return new CliError(`${slug}: ${what} (asked: ${hosts || 'nobody'}).`, { exitCode: 1, cause })
}
