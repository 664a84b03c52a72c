import {
  assembleMatch,
  compileMonitors,
  evaluateBlock,
  factsNeeded,
  mapSecrets,
  type EvmReceipt,
  type MatchObject,
  type MonitorConfig,
  type NetworkConfig,
  secretKind,
} from '@smt/engine'
import { type ChainDeps, openChain } from './open-chain.ts'

export type NamedMonitor = { file: string; config: MonitorConfig }

export type Evaluation = {
  network: NetworkConfig
  monitors: readonly NamedMonitor[]
  /** The node's newest block without it, whatever its confirmations (spec/01 §10). */
  block: bigint | undefined
}

export type NetworkResult = {
  block: bigint
  matches: MatchObject[]
  /** Monitors that could not be evaluated; the others were. */
  failures: { file: string; error: string }[]
}

export type EvaluateDeps = ChainDeps & { signal: AbortSignal }

/** Fetches one block and evaluates it with these monitors. Throws RpcError; never turns a failure into no match. */
export async function evaluateNetwork(
  { http, signal, now }: EvaluateDeps,
  { network, monitors, block: wanted }: Evaluation,
): Promise<NetworkResult> {
  const chain = openChain({ http, now }, network)
  const inputs = monitors.map(({ file, config }) => ({ key: file, configuration: config }))
  const index = compileMonitors(network.slug, inputs)
  const number = wanted ?? (await chain.head({ signal }))
  const data = await chain.block(number, { signal })
  const { receiptHashes } = factsNeeded(index, data)
  const receipts =
    receiptHashes.length === 0
      ? new Map<string, EvmReceipt>()
      : await chain.receipts(data.block, receiptHashes, { signal })
  const result = evaluateBlock(index, data, { receipts })
  const configOf = new Map(monitors.map(({ file, config }) => [file, config]))
  return {
    block: number,
    matches: result.matches.flatMap(({ key, item, matchedOn, matchedOnArgs, withReceipt }) => {
      const config = configOf.get(key)
      if (config === undefined) return []
      const monitor = withoutSecrets(config)
      const parts = { item, matchedOn, matchedOnArgs, withReceipt }
      return [assembleMatch({ chain: 'EVM', monitor, networkSlug: network.slug, ...parts })]
    }),
    failures: result.failures.map(({ key, error }) => ({ file: key, error })),
  }
}

/** OpenZeppelin Monitor shows viewing keys in its matches; here a plain one is masked as the server does. */
function withoutSecrets(config: MonitorConfig): MonitorConfig {
  return mapSecrets('monitor', config, (secret) =>
    secretKind(secret) === 'plain' ? { ...secret, value: '••••••••' } : secret,
  )
}
