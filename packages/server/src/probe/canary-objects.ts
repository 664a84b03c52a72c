import { stringifyJson, type JsonValue } from '@smt/engine'
import type { Database } from '../platform/db/doors.ts'
import type { Canary } from '../tenants/canary-service.ts'
import { plantAlert } from './probe-store.ts'

export type ProbeReply = { status: number; text: string }

/** A request through the whole API; `path` is below /api/v1. Never throws for an answer. */
export type ProbeRequest = (
  method: string,
  path: string,
  options: { token: string; body?: JsonValue },
) => Promise<ProbeReply>

/**
 * Gives a canary something to read: a network, a trigger and a monitor that is paused, so that nothing is polled or sent,
 * and an alert that was never to be told. Each holds the canary's mark, which no request ever contains.
 */
export async function ensureCanaryObjects(
  { request, database }: { request: ProbeRequest; database: Pick<Database, 'withPlatform'> },
  canary: Canary,
): Promise<void> {
  const { slug, token, tenantId } = canary
  const mark = markOf(canary)
  // Of the two canaries different: an id that finds one's own object would prove nothing.
  const prefix = slug.replaceAll('-', '_')
  const url = { type: 'Plain', value: `https://${slug}.invalid/${mark}` }
  const objects: [collection: string, body: JsonValue][] = [
    [
      'networks',
      {
        configuration: {
          network_type: 'EVM',
          slug: `${prefix}_network`,
          name: mark,
          rpc_urls: [{ type_: 'rpc', url, weight: 100 }],
          chain_id: 1,
          block_time_ms: 12_000,
          confirmation_blocks: 12,
          cron_schedule: '0 */1 * * * *',
        },
      },
    ],
    [
      'triggers',
      {
        trigger_id: `${prefix}_trigger`,
        configuration: { name: mark, trigger_type: 'webhook', config: { url, message: { title: mark, body: mark } } },
      },
    ],
    [
      'monitors',
      {
        monitor_id: `${prefix}_monitor`,
        configuration: {
          name: mark,
          networks: [`${prefix}_network`],
          paused: true,
          addresses: [],
          match_conditions: { functions: [], events: [], transactions: [{ status: 'Any' }] },
          trigger_conditions: [],
          triggers: [`${prefix}_trigger`],
        },
      },
    ],
    ['api-keys', { name: mark, permissions: [{ resource: 'monitors', actions: ['read'] }] }],
  ]
  for (const [collection, body] of objects) {
    const existing = await request('GET', `/tenants/${slug}/${collection}`, { token })
    if (existing.status === 200 && existing.text.includes(mark)) continue
    const made = await request('POST', `/tenants/${slug}/${collection}`, { token, body })
    if (made.status !== 201)
      throw new Error(`a canary's ${collection} could not be made: ${made.status} ${stringifyJson(made.text)}`)
  }
  await database.withPlatform((tx) => plantAlert(tx, { tenantId, monitorId: `${prefix}_monitor` }))
}

/** In the names of everything that the canary owns. */
export function markOf({ tenantId }: Pick<Canary, 'tenantId'>): string {
  return `mark-${tenantId}`
}
