import { z } from 'zod'
import { NotFoundError } from '../platform/errors.ts'
import { pageAnswer } from './page.ts'
import { listQuotas, quotaNames, type Quota, type QuotaName } from './quota-store.ts'
import { tenantRoute, type Route } from './route.ts'
import { readRpcUse } from './rpc-use-store.ts'
import { megabytesOf, readStoredBytes } from './storage-store.ts'
import { findTenant } from './tenant-store.ts'

/** How far this version holds a quota: counted against it, a bound of each object, or stored and shown only. */
const rules = {
  max_monitors: { isEnforced: true, isCounted: true },
  max_networks: { isEnforced: true, isCounted: true },
  max_triggers_per_monitor: { isEnforced: true, isCounted: false },
  max_rpc_requests_per_minute: { isEnforced: true, isCounted: true },
  max_storage_mb: { isEnforced: true, isCounted: true },
} as const satisfies Record<QuotaName, { isEnforced: boolean; isCounted: boolean }>

export const quotaAnswer = z
  .object({
    quota: z.enum(quotaNames),
    limit: z.int(),
    overridden: z.boolean().meta({ description: 'Whether the limit was set for this tenant; else its plan says it.' }),
    used: z
      .int()
      .nullable()
      .meta({ description: 'Null for a bound of single objects and for what is not measured yet.' }),
    enforced: z.boolean().meta({ description: 'False for a limit that this version only stores and shows.' }),
  })
  .meta({ id: 'Quota' })

export function createQuotaRoutes(): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: '/tenants/:slug/quota',
      operationId: 'listQuotas',
      summary: 'What the tenant may use, and what it uses',
      tag: 'quota',
      permission: 'quota:read',
      params: z.object({ slug: z.string() }),
      responses: { 200: pageAnswer(quotaAnswer).extend({ plan: z.string() }) },
      handler: async ({ tenant, read }) => {
        const { rows, plan } = await read(async (tx) => {
          const counted = await listQuotas(tx, tenant.id)
          const stored = megabytesOf(await readStoredBytes(tx, tenant.id))
          const measured = new Map<QuotaName, number>([
            ['max_storage_mb', stored],
            ['max_rpc_requests_per_minute', await readRpcUse(tx, tenant.id)],
          ])
          return {
            rows: counted.map((row) => ({ ...row, used: measured.get(row.quota) ?? row.used })),
            plan: (await findTenant(tx, tenant.id))?.plan,
          }
        })
        if (plan === undefined) throw new NotFoundError('The tenant')
        return { status: 200, body: { plan, items: quotaAnswersOf(rows), next_cursor: null } }
      },
    }),
  ]
}

/** In the order of the table. */
export function quotaAnswersOf(rows: readonly Quota[]) {
  return quotaNames.flatMap((quota) => {
    const row = rows.find((candidate) => candidate.quota === quota)
    if (row === undefined) return []
    const { isEnforced, isCounted } = rules[quota]
    const { limit, used, isOverridden } = row
    return [{ quota, limit, overridden: isOverridden, used: isCounted ? used : null, enforced: isEnforced }]
  })
}
