import { isViolationOf } from '../platform/db/database-error.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import { AppError, InvalidObjectError, NotFoundError } from '../platform/errors.ts'
import type { Ids } from '../platform/ids.ts'
import { insertAuditEvent } from './audit-store.ts'
import { insertQuotaRequest, lockQuotaRequest, withdrawQuotaRequest, type QuotaRequest } from './quota-request-store.ts'
import { lockLimit, type QuotaName } from './quota-store.ts'
import type { WriteContext } from './write-context.ts'

/** What the owners of a tenant ask of the operator: a higher limit. One open request per quota. */
export type QuotaRequestService = {
  create(
    tx: TenantTx,
    context: WriteContext,
    request: { quota: QuotaName; value: number; reason: string },
  ): Promise<QuotaRequest>
  withdraw(tx: TenantTx, context: WriteContext, id: string): Promise<QuotaRequest>
}

export function createQuotaRequestService({ ids }: { ids: Pick<Ids, 'uuid'> }): QuotaRequestService {
  const lock = async (tx: TenantTx, tenantId: string, id: string): Promise<QuotaRequest> => {
    const request = await lockQuotaRequest(tx, tenantId, id)
    if (request === undefined) throw new NotFoundError('The quota request')
    return request
  }

  const audit = (tx: TenantTx, context: WriteContext, action: string, { id, quota, value, reason }: QuotaRequest) =>
    insertAuditEvent(tx, context.tenantId, {
      actor: context.actor,
      origin: context.origin,
      action,
      target: { kind: 'quota_request', id },
      after: { quota, value, reason },
    })

  return {
    create: async (tx, context, { quota, value, reason }) => {
      const { tenantId, actor } = context
      const limitBefore = await lockLimit(tx, tenantId, quota)
      if (value <= limitBefore) {
        const message = `The limit is ${limitBefore} already: ask for more.`
        throw new InvalidObjectError([{ pointer: '/value', code: 'not_above_limit', message }])
      }
      const id = ids.uuid()
      try {
        await insertQuotaRequest(tx, tenantId, { id, quota, value, reason, requestedBy: actor.name, limitBefore })
      } catch (error) {
        if (!isViolationOf(error, 'quota_requests_open')) throw error
        throw new AppError('conflict', 'There is an open request for this quota: withdraw it first.', { cause: error })
      }
      const request = await lock(tx, tenantId, id)
      await audit(tx, context, 'quota_request.create', request)
      return request
    },

    withdraw: async (tx, context, id) => {
      const request = await lock(tx, context.tenantId, id)
      if (request.state !== 'open') throw new AppError('conflict', `The request is ${request.state} already.`)
      await withdrawQuotaRequest(tx, context.tenantId, id)
      await audit(tx, context, 'quota_request.withdraw', request)
      return lock(tx, context.tenantId, id)
    },
  }
}
