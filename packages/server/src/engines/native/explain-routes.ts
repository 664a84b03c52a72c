import { z } from 'zod'
import type { MonitorAnswer } from '../../monitors/monitor-answer.ts'
import type { MonitorService } from '../../monitors/monitor-service.ts'
import { tenantRoute, type Route } from '../../tenants/route.ts'
import { explainAnswer, explainBody } from './explain-schema.ts'
import type { ExplainedTransaction, ExplainService } from './explain-service.ts'

export type ExplainRoutesDeps = { monitors: Pick<MonitorService, 'get' | 'networksOf'>; explainer: ExplainService }

export function createExplainRoutes({ monitors, explainer }: ExplainRoutesDeps): Route[] {
  return [
    tenantRoute({
      method: 'POST',
      path: '/tenants/:slug/monitors/:monitor_id/explain',
      operationId: 'explainMonitor',
      errors: ['node_failed'],
      summary: 'Say why a monitor matches a transaction or does not',
      description:
        'Reads the transaction from a node of the network and evaluates the monitor as it is now: gate by gate, ' +
        'condition by condition, sub-expression by sub-expression. Changes nothing and alerts nobody.',
      tag: 'monitors',
      permission: 'monitors:read',
      params: z.object({ slug: z.string(), monitor_id: z.string() }),
      body: explainBody,
      responses: { 200: explainAnswer },
      handler: async ({ tenant, params, body, read }) => {
        const { monitor, networks } = await read(async (tx) => ({
          monitor: await monitors.get(tx, tenant.id, params.monitor_id),
          networks: await monitors.networksOf(tx, tenant.id, params.monitor_id),
        }))
        const explained = await explainer.explain({
          tenantId: tenant.id,
          configuration: monitor.configuration,
          extensions: monitor.extensions,
          networks,
          network: body.network,
          txHash: body.tx_hash,
        })
        const { networkId, block, explanation } = explained
        return {
          status: 200,
          body: {
            monitor_id: monitor.monitor_id,
            monitor_version: monitor.version,
            network_id: networkId,
            block,
            matched: explanation.matched,
            summary: explanation.summary,
            notes: notesOf(monitor, explained),
            transaction: explanation.transaction,
            gates: explanation.gates,
          },
        }
      },
    }),
  ]
}

/** What the evaluation of one transaction cannot say: whether the monitor was in force. */
function notesOf({ status }: MonitorAnswer, { block, networkId }: ExplainedTransaction): string[] {
  const network = status.networks.find((one) => one.network_id === networkId)
  if (network === undefined) return []
  if (network.state === 'paused') return ['The monitor is paused, so it alerts nobody.']
  if (network.effective_from_block === null) return ['This version of the monitor is not in force yet.']
  if (network.effective_from_block <= block.number) return []
  return [`This version of the monitor is in force from block ${network.effective_from_block} on, which is later.`]
}
