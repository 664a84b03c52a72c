import {
  mapSecrets,
  type MatchObject,
  type MonitorConfig,
  type NetworkConfig,
  type NetworkType,
  secretKind,
} from '@smt/engine'
import { CliError } from '../cli-error.ts'
import { evaluateEvm } from './evaluate-evm.ts'
import { evaluateStellar } from './evaluate-stellar.ts'
import type { ChainDeps } from './open-chain.ts'

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

export type EvaluateFamily = (deps: EvaluateDeps, evaluation: Evaluation) => Promise<NetworkResult>

const families: Partial<Record<NetworkType, EvaluateFamily>> = { EVM: evaluateEvm, Stellar: evaluateStellar }

/**
 * Fetches one block and evaluates it with these monitors. Throws RpcError; never turns a failure into no match.
 * OpenZeppelin Monitor shows viewing keys in its matches; here a plain one is masked as the server does.
 */
export async function evaluateNetwork(deps: EvaluateDeps, evaluation: Evaluation): Promise<NetworkResult> {
  const { network, monitors } = evaluation
  const evaluate = families[network.network_type]
  if (evaluate === undefined)
    throw new CliError(`${network.slug}: networks of its type cannot be read.`, { exitCode: 1 })
  const masked = monitors.map(({ file, config }) => ({ file, config: withoutSecrets(config) }))
  return evaluate(deps, { ...evaluation, monitors: masked })
}

function withoutSecrets(config: MonitorConfig): MonitorConfig {
  return mapSecrets('monitor', config, (secret) =>
    secretKind(secret) === 'plain' ? { ...secret, value: '••••••••' } : secret,
  )
}
