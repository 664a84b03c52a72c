import { z } from 'zod'
import { pageAnswer } from './page.ts'
import { listQuotas, quotaNames, type QuotaName } from './quota-store.ts'
import { tenantRoute, type Route } from './route.ts'
import { megabytesOf, readStoredBytes } from './storage-store.ts'

/** How far this version holds a quota: counted against it, a bound of each object, or stored and shown only. */
const rules = {
  max_monitors: { isEnforced: true, isCounted: true },
  max_networks: { isEnforced: true, isCounted: true },
  max_triggers_per_monitor: { isEnforced: true, isCounted: false },
  max_rpc_requests_per_minute: { isEnforced: false, isCounted: false },
  max_storage_mb: { isEnforced: true, isCounted: true },
} as const satisfies Record<QuotaName, { isEnforced: boolean; isCounted: boolean }>

const quotaAnswer = z
  .object({
    quota: z.enum(quotaNames),
    limit: z.int(),
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
      responses: { 200: pageAnswer(quotaAnswer) },
      handler: async ({ tenant, read }) => {
        const rows = await read(async (tx) => {
          const counted = await listQuotas(tx, tenant.id)
          const stored = megabytesOf(await readStoredBytes(tx, tenant.id))
          return counted.map((row) => (row.quota === 'max_storage_mb' ? { ...row, used: stored } : row))
        })
        const items = quotaNames.flatMap((quota) => {
          const row = rows.find((candidate) => candidate.quota === quota)
          const { isEnforced, isCounted } = rules[quota]
          return row === undefined
            ? []
            : [{ quota, limit: row.limit, used: isCounted ? row.used : null, enforced: isEnforced }]
        })
        return { status: 200, body: { items, next_cursor: null } }
      },
    }),
  ]
}
