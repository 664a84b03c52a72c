import { cronIntervalMs, type JsonValue } from '@smt/engine'
import type { NetworkReference } from '../networks/network-references.ts'
import { isJsonObject } from '../tenants/json-object.ts'

export type EstimateFacts = {
  /** The monitor in question, right or wrong. */
  configuration: JsonValue | undefined
  networks: readonly NetworkReference[]
  /** What else runs on the sources of these networks. */
  neighbours: readonly { sourceId: string; configuration: JsonValue }[]
  now: Date
}

/**
 * The RPC requests per minute that a monitor adds (design 9, "Quotas"): nothing on a shared network, everything of an
 * own network that nobody watches yet, else only the receipts that nobody asked for.
 */
export function estimateRpcRequests({ configuration, networks, neighbours, now }: EstimateFacts): number {
  if (isPaused(configuration)) return 0
  const added = networks.map((network) => {
    if (network.ownNetworkId === null) return 0
    const others = neighbours.filter((neighbour) => neighbour.sourceId === network.sourceId)
    const { pollsPerMinute, blocksPerMinute } = paceOf(network.configuration, now)
    const isEvm = network.networkType === 'EVM'
    const addsReceipts =
      isEvm && needsReceipts(configuration) && !others.some((other) => needsReceipts(other.configuration))
    const receipts = addsReceipts ? blocksPerMinute : 0
    return others.length > 0 ? receipts : pollsPerMinute + blocksPerMinute * (isEvm ? 2 : 3) + receipts
  })
  return Math.ceil(added.reduce((sum, requests) => sum + requests, 0))
}

function paceOf(network: JsonValue, now: Date): { pollsPerMinute: number; blocksPerMinute: number } {
  if (!isJsonObject(network)) return { pollsPerMinute: 0, blocksPerMinute: 0 }
  const { cron_schedule: cron, block_time_ms: blockTimeMs } = network
  const intervalMs = typeof cron === 'string' ? cronIntervalMs(cron, now) : 0
  return { pollsPerMinute: perMinute(intervalMs), blocksPerMinute: perMinute(Number(blockTimeMs)) }
}

function perMinute(intervalMs: number): number {
  return intervalMs > 0 ? 60_000 / intervalMs : 0
}

function isPaused(configuration: JsonValue | undefined): boolean {
  return isJsonObject(configuration) && configuration['paused'] === true
}

/** Whether a condition asks for the outcome of a transaction or its gas (spec/04 §3). */
function needsReceipts(configuration: JsonValue | undefined): boolean {
  const conditions = isJsonObject(configuration) ? configuration['match_conditions'] : undefined
  const transactions = isJsonObject(conditions) ? conditions['transactions'] : undefined
  if (!Array.isArray(transactions)) return false
  return transactions.some((condition) => {
    if (!isJsonObject(condition)) return false
    const { status, expression } = condition
    return status !== 'Any' || (typeof expression === 'string' && expression.includes('gas_used'))
  })
}
