import { compileMonitors, monitorSchema } from '@smt/engine'
import type { Database } from '../platform/db/doors.ts'
import type { LiveIndex } from './live-index.ts'
import { findMonitorVersion } from './watched-monitor-store.ts'

/**
 * An index of one monitor version alone, to evaluate again what had failed. Undefined when that version is gone; throws
 * EngineError when it cannot be compiled.
 */
export async function loadSingleMonitor(
  database: Pick<Database, 'withPlatform'>,
  sourceId: string,
  version: { tenantId: string; versionId: string },
): Promise<Pick<LiveIndex, 'index' | 'monitorOf'> | undefined> {
  const found = await database.withPlatform((tx) => findMonitorVersion(tx, sourceId, version))
  if (found === undefined) return undefined
  const { configuration, ...monitor } = found
  const key = monitor.versionId
  const index = compileMonitors(monitor.networkId, [{ key, configuration: monitorSchema.parse(configuration) }])
  return { index, monitorOf: (versionId) => (versionId === key ? monitor : undefined) }
}
