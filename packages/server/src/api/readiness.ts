import type { Database } from '../platform/db/doors.ts'
import { pingDatabase } from '../platform/db/ping.ts'
import { AppError } from '../platform/errors.ts'
import type { Readiness } from './system-routes.ts'

export type ReadinessDeps = {
  database: Pick<Database, 'withIdentity' | 'kind'>
  /** Whether this process has taken up its chain sources; true where it has none to take. */
  engineIsReady: () => boolean
}

/** Whether this process can serve (design 9). Migrations are applied or it would not have started. */
export function createReadiness({ database, engineIsReady }: ReadinessDeps): () => Promise<Readiness> {
  const storage =
    database.kind === 'pglite'
      ? { kind: 'embedded', survives_power_cut: false }
      : { kind: 'postgresql', survives_power_cut: true }

  return async () => {
    const isReachable = await isAnswering(database)
    const isEngineReady = engineIsReady()
    return {
      isReady: isReachable && isEngineReady,
      checks: {
        database: isReachable ? 'ok' : 'unreachable',
        migrations: 'applied',
        engine: isEngineReady ? 'ok' : 'starting',
        storage,
      },
    }
  }
}

async function isAnswering(database: ReadinessDeps['database']): Promise<boolean> {
  try {
    await database.withIdentity(pingDatabase)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
