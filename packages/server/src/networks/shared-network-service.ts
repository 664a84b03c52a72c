import { createHmac } from 'node:crypto'
import { watch, type FSWatcher } from 'node:fs'
import { stringifyJson } from '@smt/engine'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import type { Problem } from '../platform/errors.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { installationTenantId, type Secrets } from '../platform/secrets.ts'
import { sealConfiguration } from '../tenants/secret-configuration.ts'
import { sharedLeaseKey } from './lease-key.ts'
import { readSharedNetworks, type Environment, type SharedNetwork } from './shared-network-files.ts'
import {
  insertSharedNetwork,
  insertSharedSource,
  listSharedNetworks,
  lockSharedNetworks,
  updateSharedNetwork,
  withdrawSharedNetwork,
  type SharedNetworkRow,
} from './shared-network-store.ts'

export type SharedNetworksDeps = {
  database: Pick<Database, 'withPlatform'>
  secrets: Secrets
  logger: Logger
  clock: Clock
  ids: Ids
}

export type SharedNetworksOptions = {
  /** Holds network files of OZ Monitor. */
  directory: string
  /** What Environment secrets of the operator's files are read from. */
  environment: Environment
  /** How often the directory is read without a sign of a change. */
  pollMs?: number
}

export type SharedNetworksReport = {
  /** Networks on offer after this run. */
  active: string[]
  changed: string[]
  withdrawn: string[]
  rejected: { file: string; problems: Problem[] }[]
}

/**
 * The networks that the operator offers to all tenants, kept as the files of a directory say. A bad file is logged and
 * changes nothing; while there is one, no network is withdrawn, since it may be the one the file used to hold.
 */
export type SharedNetworks = {
  sync(): Promise<SharedNetworksReport>
  /** Reads the directory once (throws when it cannot be read), then follows its changes. */
  start(): Promise<void>
  stop(): Promise<void>
}

const settleMs = 200

export function createSharedNetworks(
  { database, secrets, logger, clock, ids }: SharedNetworksDeps,
  { directory, environment, pollMs = 30_000 }: SharedNetworksOptions,
): SharedNetworks {
  const hashKey = secrets.deriveKey('shared-network-content/v1', 32)
  let following: { controller: AbortController; done: Promise<void> } | undefined

  const sync = async (): Promise<SharedNetworksReport> => {
    const files = await readSharedNetworks(directory, environment)
    const report = await database.withPlatform(async (tx) => {
      await lockSharedNetworks(tx)
      const stored = new Map((await listSharedNetworks(tx)).map((row) => [row.networkId, row]))
      const made: SharedNetworksReport = { active: [], changed: [], withdrawn: [], rejected: [] }
      for (const read of files) {
        if (read.network === undefined) {
          made.rejected.push({ file: read.file, problems: read.problems })
          continue
        }
        const before = stored.get(read.network.networkId)
        if (before !== undefined && before.networkType !== read.network.networkType) {
          made.rejected.push({ file: read.file, problems: [typeChanged] })
          continue
        }
        if (await offer(tx, read.network, before)) made.changed.push(read.network.networkId)
        made.active.push(read.network.networkId)
      }
      const gone = [...stored.values()].filter((row) => row.isActive && !made.active.includes(row.networkId))
      for (const row of gone) {
        if (made.rejected.length > 0) made.active.push(row.networkId)
        else {
          await withdrawSharedNetwork(tx, row.networkId)
          made.withdrawn.push(row.networkId)
        }
      }
      return made
    })
    for (const { file, problems } of report.rejected) logger.error({ file, problems }, 'shared network file rejected')
    for (const read of files) {
      if (read.network === undefined || !report.changed.includes(read.network.networkId)) continue
      logger.info({ file: read.file, networkId: read.network.networkId }, 'shared network offered')
      if (read.warnings.length > 0)
        logger.warn({ file: read.file, warnings: read.warnings }, 'shared network has warnings')
    }
    for (const networkId of report.withdrawn) logger.warn({ networkId }, 'shared network withdrawn')
    return report
  }

  /** Whether anything had to be written. */
  const offer = async (
    tx: PlatformTx,
    network: SharedNetwork,
    before: SharedNetworkRow | undefined,
  ): Promise<boolean> => {
    const { networkId, configuration: plain, explorerUrl } = network
    // Keyed, so that the stored hash says nothing about the secrets in the configuration.
    const contentHash = createHmac('sha256', hashKey).update(contentOf(network)).digest('hex')
    if (before?.contentHash === contentHash && before.isActive) return false
    const place = {
      tenantId: installationTenantId,
      table: 'shared_networks',
      rowId: networkId,
      column: 'configuration',
    }
    const configuration = sealConfiguration('network', plain, { secrets: secrets.installation, place })
    if (before !== undefined) {
      await updateSharedNetwork(tx, { networkId, configuration, explorerUrl, contentHash })
      return true
    }
    const sourceId = ids.uuid()
    await insertSharedSource(tx, { id: sourceId, leaseKey: sharedLeaseKey(sourceId) })
    await insertSharedNetwork(tx, { networkId, configuration, explorerUrl, contentHash, sourceId })
    return true
  }

  const follow = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await nextChange(signal)
      if (signal.aborted) return
      await sync().catch((error: unknown) => logger.error({ err: error }, 'shared networks could not be read'))
    }
  }

  /** Resolves when the directory has changed and settled, or when it is time to look anyway. */
  const nextChange = async (signal: AbortSignal): Promise<void> => {
    const woken = new AbortController()
    const watcher = watchDirectory(() => woken.abort())
    await clock.sleep(pollMs, AbortSignal.any([signal, woken.signal]))
    watcher?.close()
    if (woken.signal.aborted) await clock.sleep(settleMs, signal)
  }

  // Watching is a hint: where it does not work (some network file systems) the poll is what counts.
  const watchDirectory = (wake: () => void): FSWatcher | undefined => {
    try {
      return watch(directory, wake).on('error', wake)
    } catch (error) {
      logger.warn({ err: error }, 'shared networks directory cannot be watched')
      return undefined
    }
  }

  return {
    sync,
    start: async () => {
      await sync()
      const controller = new AbortController()
      following = { controller, done: follow(controller.signal) }
    },
    stop: async () => {
      following?.controller.abort()
      await following?.done
      following = undefined
    },
  }
}

/** Without an explorer as before there were any, so that nothing is rewritten for them. */
function contentOf({ configuration, explorerUrl }: SharedNetwork): string {
  return stringifyJson(explorerUrl === null ? configuration : { configuration, explorer_url: explorerUrl })
}

const typeChanged: Problem = {
  pointer: '/network_type',
  code: 'immutable',
  message: 'A network keeps its type. Use another slug for another chain.',
}
