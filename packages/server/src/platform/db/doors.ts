import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import type pg from 'pg'
import { AppError } from '../errors.ts'
import { createBudget, type BudgetOptions } from './budget.ts'
import { toDatabaseError } from './database-error.ts'
import type { ContextSubject, SignContext } from './tenant-context.ts'
import {
  createTx,
  type IdentityTx,
  type PlatformTx,
  type RewriteSql,
  type TenantTx,
  type Tx,
  type TxScope,
} from './tx.ts'

export type TenantDoorOptions = {
  readOnly?: boolean
  /** The transaction makes this tenant (and perhaps its first owner): it may call the functions that do. */
  isFounding?: boolean
}

/**
 * The only ways to a connection (design 6.5). Each call is one transaction: role, signed context and statement timeout are
 * set for that transaction alone and travel with its first statement in one round trip. No network call belongs inside.
 */
export type Database = {
  readonly kind: 'pglite' | 'postgres'
  /** Rows of one tenant only; every policy sees `tenantId`. Waits for a slot of the tenant's budget, else 503. */
  withTenant<T>(tenantId: string, options: TenantDoorOptions, fn: (tx: TenantTx) => Promise<T>): Promise<T>
  /** Ingestion, fan-out and delivery: rows of all tenants, on the tables the platform role was granted. */
  withPlatform<T>(fn: (tx: PlatformTx) => Promise<T>): Promise<T>
  /** Before a tenant is known: the application role without a tenant, which sees no row except through the functions of migration 0006. */
  withIdentity<T>(fn: (tx: IdentityTx) => Promise<T>): Promise<T>
  /**
   * Reclaims dead rows and refreshes the planner's statistics of the busy tables, where nobody else does: the embedded
   * database has no autovacuum. Does nothing on a server.
   */
  upkeep(): Promise<void>
  close(): Promise<void>
}

export type DatabaseOptions = {
  kind: 'pglite' | 'postgres'
  appPool: pg.Pool
  /** The same pool as `appPool` on PGlite, where two pools would share one connection's transactions. */
  platformPool: pg.Pool
  /** Signs with a key that the database knows (`installContextKey`). */
  signContext: SignContext
  /** How many transactions of this tenant may run at once in this process. */
  slotsOf?: (tenantId: string) => number
  budget?: BudgetOptions
  statementTimeoutMs?: number
  rewriteSql?: RewriteSql
  onClose?: () => Promise<void>
}

const roleByScope = { tenant: 'smt_app', identity: 'smt_app', platform: 'smt_platform' } as const satisfies Record<
  TxScope,
  string
>

const busyTables = [
  'matches',
  'deliveries',
  'attempts',
  'chain_sources',
  'chain_items',
  'chain_blocks',
  'source_blocks',
  'source_ranges',
  'config_changes',
  'leases',
  'monitors',
  'quotas',
  'notices',
  'usage_hours',
  'usage_writers',
  'source_usage_hours',
  'storage_changes',
  'storage_use',
  'rpc_use',
]

export function createDatabase(options: DatabaseOptions): Database {
  const { appPool, platformPool, signContext, statementTimeoutMs = 10_000 } = options
  const open = new AsyncLocalStorage<TxScope>()
  const budget = createBudget(options.budget)

  const transact = async <Scope extends TxScope, T>(
    scope: Scope,
    settings: { subject?: ContextSubject; readOnly: boolean },
    fn: (tx: Tx<Scope>) => Promise<T>,
  ): Promise<T> => {
    const outer = open.getStore()
    if (outer !== undefined) throw new Error(`a ${scope} transaction was opened inside a ${outer} transaction`)
    // The embedded database runs on this thread and answers in microtasks: without a turn of the event loop between
    // transactions, a busy loop over it would starve every socket and timer.
    if (options.kind === 'pglite') await setImmediate()
    const client = await connect(scope === 'platform' ? platformPool : appPool)
    // A connection that could not roll back is destroyed, never returned with somebody's tenant set.
    const rollBack = () =>
      client.query('rollback').then(
        () => client.release(),
        (error: Error) => client.release(error),
      )
    try {
      const begun = client.query(settings.readOnly ? 'begin read only' : 'begin')
      const prepared = client.query(
        `select set_config('role', $1, true), set_config('app.context', $2, true), set_config('statement_timeout', $3, true)`,
        [
          roleByScope[scope],
          settings.subject === undefined ? '' : signContext(settings.subject),
          String(statementTimeoutMs),
        ],
      )
      // Not awaited here: the first statement of `fn` is to leave in the same flush. A failure of these two makes every
      // later statement of the transaction fail as well, and is thrown below.
      const setUp = Promise.all([begun, prepared])
      setUp.catch(() => undefined)
      const tx = createTx(scope, client, options.rewriteSql)
      const result = await open.run(scope, () => fn(tx))
      await setUp
      const committing = client.query('commit')
      if (settings.readOnly && !tx.hasFailed()) {
        // Nothing can be lost any more: the answer need not wait for another round trip, the connection does.
        committing.then(() => client.release(), rollBack)
        return result
      }
      const committed = await committing
      if (committed.command !== 'COMMIT')
        throw new Error('the transaction was rolled back: a statement in it had failed')
      client.release()
      return result
    } catch (error) {
      await rollBack()
      throw toDatabaseError(error)
    }
  }

  return {
    kind: options.kind,
    withTenant: (tenantId, { readOnly = false, isFounding = false }, fn) => {
      const subject: ContextSubject = `${isFounding ? 'founding' : 'tenant'}:${tenantId}`
      return budget.run(tenantId, options.slotsOf?.(tenantId) ?? 1, () => transact('tenant', { subject, readOnly }, fn))
    },
    withPlatform: (fn) => transact('platform', { readOnly: false }, fn),
    withIdentity: (fn) => transact('identity', { subject: 'identity', readOnly: false }, fn),
    upkeep: async () => {
      if (options.kind === 'pglite') await appPool.query(`vacuum (analyze) ${busyTables.join(', ')}`)
    },
    close: async () => {
      await appPool.end()
      if (platformPool !== appPool) await platformPool.end()
      await options.onClose?.()
    },
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw new AppError('database_unavailable', 'The database cannot be reached.', { retryAfterS: 1, cause: error })
  }
}
