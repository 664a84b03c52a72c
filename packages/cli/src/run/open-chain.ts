import { createEvmChain, createRpcPool, evmIdentity, type EvmChain, type RpcError } from '@smt/chains'
import type { NetworkConfig } from '@smt/engine'
import { CliError } from '../cli-error.ts'
import { type Http, hostOf } from '../http.ts'

export type ChainDeps = { http: Pick<Http, 'send'>; now: () => number }

/** The chain of a network whose secrets are plain. */
export function openChain({ http, now }: ChainDeps, network: NetworkConfig): EvmChain {
  const { chain_id: chainId } = network
  return createEvmChain(
    createRpcPool({
      endpoints: network.rpc_urls.map(({ url, weight }) => ({ url: url.value, weight: Number(weight) })),
      post: (request) => http.send({ ...request, method: 'POST' }),
      identity: chainId === undefined || chainId === null ? undefined : evmIdentity(BigInt(String(chainId))),
      now,
    }),
  )
}

/** What failed and which hosts were asked: a URL may hold a key. */
export function nodeError(cause: RpcError, { slug, rpc_urls: urls }: NetworkConfig, what: string): CliError {
  const hosts = [...new Set(urls.map(({ url }) => hostOf(url.value)))].join(', ')
  return new CliError(`${slug}: ${what} (asked: ${hosts || 'nobody'}).`, { exitCode: 1, cause })
}
