import { cronIntervalMs, type JsonValue } from '@smt/engine'
import type { TenantTx } from '../platform/db/tx.ts'
import { QuotaExceededError } from '../platform/errors.ts'
import { isJsonObject } from '../tenants/json-object.ts'
import { listWatchedNetworks, lockRpcLimit, type WatchedNetwork } from './rpc-demand-store.ts'

export type Pace = { pollsPerMinute: number; blocksPerMinute: number }

/** How often a network is polled, and how many blocks it has, by its configuration. */
export function paceOf(network: JsonValue, now: Date): Pace {
  if (!isJsonObject(network)) return { pollsPerMinute: 0, blocksPerMinute: 0 }
  const { cron_schedule: cron, block_time_ms: blockTimeMs } = network
  const intervalMs = typeof cron === 'string' ? cronIntervalMs(cron, now) : 0
  return { pollsPerMinute: perMinute(intervalMs), blocksPerMinute: perMinute(Number(blockTimeMs)) }
}

function perMinute(intervalMs: number): number {
  return intervalMs > 0 ? 60_000 / intervalMs : 0
}

/** Whether one of these conditions asks for the outcome of a transaction or its gas (spec/04 §3). */
export function needsReceipts(transactions: JsonValue | undefined): boolean {
  if (!Array.isArray(transactions)) return false
  return transactions.some((condition) => {
    if (!isJsonObject(condition)) return false
    const { status, expression } = condition
    return status !== 'Any' || (typeof expression === 'string' && expression.includes('gas_used'))
  })
}

/** The RPC requests per minute of a watched own network (design 9, "Quotas"), but for receipts. */
export function demandOf({ pollsPerMinute, blocksPerMinute }: Pace, networkType: string | null): number {
  return pollsPerMinute + blocksPerMinute * (networkType === 'EVM' ? 2 : 3)
}

function demandOfWatched({ networkType, configuration, conditions }: WatchedNetwork, now: Date): number {
  const pace = paceOf(configuration, now)
  const receipts = networkType === 'EVM' && conditions.some(needsReceipts) ? pace.blocksPerMinute : 0
  return demandOf(pace, networkType) + receipts
}

/** What all own networks of a tenant are estimated to be asked per minute. */
export async function estimateRpcDemand(
  tx: TenantTx,
  tenantId: string,
  { now, exceptMonitorId }: { now: Date; exceptMonitorId?: string | undefined },
): Promise<number> {
  const watched = await listWatchedNetworks(tx, tenantId, { exceptMonitorId })
  return Math.ceil(watched.reduce((sum, network) => sum + demandOfWatched(network, now), 0))
}

/**
 * Writes what may change how much own networks are asked, if the estimate of all of them then fits
 * `max_rpc_requests_per_minute`; a write that asks for no more than before always does. Writes of a tenant wait for one
 * another from here on. Locks a quota row, thus before any object.
 *
 * @throws QuotaExceededError after which the transaction must be rolled back.
 */
export async function withinRpcDemand<T>(
  tx: TenantTx,
  tenantId: string,
  { now, pointer }: { now: Date; pointer?: string },
  write: () => Promise<T>,
): Promise<T> {
  const limit = await lockRpcLimit(tx, tenantId)
  const before = await estimateRpcDemand(tx, tenantId, { now })
  const written = await write()
  const after = await estimateRpcDemand(tx, tenantId, { now })
  if (after > limit && after > before) {
    throw new QuotaExceededError({ quota: 'max_rpc_requests_per_minute', limit, used: after, pointer })
  }
  return written
}
