import type { JsonValue } from '@smt/engine'
import type { NetworkReference } from '../networks/network-references.ts'
import { demandOf, needsReceipts, paceOf } from '../networks/rpc-demand.ts'
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
    const pace = paceOf(network.configuration, now)
    const addsReceipts =
      network.networkType === 'EVM' &&
      needsReceipts(transactionsOf(configuration)) &&
      !others.some((other) => needsReceipts(transactionsOf(other.configuration)))
    const receipts = addsReceipts ? pace.blocksPerMinute : 0
    return others.length > 0 ? receipts : demandOf(pace, network.networkType) + receipts
  })
  return Math.ceil(added.reduce((sum, requests) => sum + requests, 0))
}

function isPaused(configuration: JsonValue | undefined): boolean {
  return isJsonObject(configuration) && configuration['paused'] === true
}

function transactionsOf(configuration: JsonValue | undefined): JsonValue | undefined {
  const conditions = isJsonObject(configuration) ? configuration['match_conditions'] : undefined
  return isJsonObject(conditions) ? conditions['transactions'] : undefined
}
