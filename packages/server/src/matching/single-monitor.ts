import { monitorSchema } from '@smt/engine'
import type { FollowedNetwork } from '../networks/source-chain.ts'
import type { Database } from '../platform/db/doors.ts'
import { createFamilyIndex } from './family-index.ts'
import type { LiveIndex } from './live-index.ts'
import { findMonitorVersion } from './watched-monitor-store.ts'

/**
 * An index of one monitor version alone, to evaluate again what had failed. Undefined when that version is gone; throws
 * EngineError when it cannot be compiled.
 */
export async function loadSingleMonitor(
  database: Pick<Database, 'withPlatform'>,
  source: { id: string; network: FollowedNetwork },
  version: { tenantId: string; versionId: string },
): Promise<Pick<LiveIndex, 'index' | 'monitorOf'> | undefined> {
  const found = await database.withPlatform((tx) => findMonitorVersion(tx, source.id, version))
  if (found === undefined) return undefined
  const { configuration, extensions, ...monitor } = found
  const key = monitor.versionId
  const index = createFamilyIndex({ ...source.network, slug: monitor.networkId })
  index.set({ key, configuration: monitorSchema.parse(configuration), extensions })
  return { index, monitorOf: (versionId) => (versionId === key ? monitor : undefined) }
}
