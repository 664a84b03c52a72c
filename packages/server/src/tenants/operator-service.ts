import type { Database } from '../platform/db/doors.ts'
import { AppError, NotFoundError } from '../platform/errors.ts'
import { insertAuditEvent } from './audit-store.ts'
import { changeLimit, quotaNames } from './quota-store.ts'
import { findTenantId } from './tenant-store.ts'

/** What the operator does to a tenant from outside of it; every change is in the tenant's own audit log. */
export type OperatorService = {
  setQuota(change: { slug: string; quota: string; limit: string }): Promise<{ before: number; after: number }>
}

const limitMax = 2_147_483_647

export function createOperatorService({
  database,
}: {
  database: Pick<Database, 'withPlatform' | 'withTenant'>
}): OperatorService {
  return {
    setQuota: async ({ slug, quota: name, limit: text }) => {
      const quota = quotaNames.find((known) => known === name)
      if (quota === undefined)
        throw new AppError('invalid_request', `The quota must be one of ${quotaNames.join(', ')}.`)
      const limit = Number(text)
      if (!/^\d{1,10}$/.test(text) || limit > limitMax) {
        throw new AppError('invalid_request', `The limit must be a whole number from 0 to ${limitMax}.`)
      }
      const tenantId = await database.withPlatform((tx) => findTenantId(tx, slug))
      if (tenantId === undefined) throw new NotFoundError(`The tenant ${slug}`)
      return database.withTenant(tenantId, {}, async (tx) => {
        const changed = await changeLimit(tx, tenantId, { quota, limit })
        if (changed === undefined) throw new AppError('conflict', 'The tenant uses more than this limit.')
        await insertAuditEvent(tx, tenantId, {
          actor: { kind: 'operator', name: 'admin' },
          action: 'quota.update',
          target: { kind: 'quota', id: quota },
          before: { limit: changed.before },
          after: { limit },
        })
        return { before: changed.before, after: limit }
      })
    },
  }
}
