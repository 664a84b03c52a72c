import type { MonitorConfig } from '../../config/monitor.ts'
import type { StellarExtensions } from './extensions.ts'

/** `key` is opaque and names the monitor in results, for example the id of a monitor version. */
export type StellarMonitorInput = {
  key: string
  configuration: MonitorConfig
  extensions?: StellarExtensions | undefined
}

/** `passphrase` is what the contract ids of assets are derived from; without it an asset is no address. */
export type StellarNetwork = { slug: string; passphrase: string | undefined }

/**
 * The monitors of one Stellar network, arranged by what can make them match. Changes are incremental and leave the index as
 * if all its monitors had been compiled afresh. Only active monitors belong here; neither `paused` nor `networks` is looked at.
 */
export type StellarIndex = {
  readonly networkSlug: string
  readonly size: number
  /** Adds a monitor, or replaces the one of the same key in its place. */
  set(monitor: StellarMonitorInput): void
  /** Whether there was such a monitor. */
  remove(key: string): boolean
  has(key: string): boolean
}

export function compileStellarMonitors(
  _network: StellarNetwork,
  _monitors: readonly StellarMonitorInput[],
): StellarIndex {
  throw new Error('to be written')
}
