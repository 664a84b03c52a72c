import {
  mapSecrets,
  type MatchObject,
  type MonitorConfig,
  type NetworkConfig,
  secretKind,
  type StellarExtensions,
} from '@smt/engine'
import type { ChainDeps } from './open-chain.ts'

/** A monitor by the file it stands in; `extensions`: what is said of it beyond OZ Monitor's format. */
export type NamedMonitor = { file: string; config: MonitorConfig; extensions: StellarExtensions | undefined }

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

export type NetworkDeps = ChainDeps & { signal: AbortSignal }

/** `txHash`: 64 hexadecimal digits in lower case, without the `0x` that EVM chains write before them. */
export type AskedTransaction = { network: NetworkConfig; monitor: NamedMonitor; txHash: string }

/** By file, as matches show them: OpenZeppelin Monitor shows viewing keys; here a plain one is masked as the server does. */
export function shownMonitors(monitors: readonly NamedMonitor[]): Map<string, MonitorConfig> {
  return new Map(monitors.map(({ file, config }) => [file, withoutSecrets(config)]))
}

function withoutSecrets(config: MonitorConfig): MonitorConfig {
  return mapSecrets('monitor', config, (secret) =>
    secretKind(secret) === 'plain' ? { ...secret, value: '••••••••' } : secret,
  )
}
