import type { Database } from '../platform/db/doors.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import { AppError, NotFoundError } from '../platform/errors.ts'
import { raiseNotice } from './notice-store.ts'
import { logTenantChange, type OperatorContext } from './operator-log.ts'
import { countVersion, lockOperatedTenant, updateOverride } from './operator-tenant-store.ts'
import { lockPlans } from './plan-store.ts'
import {
  decideQuotaRequest,
  findOperatedQuotaRequest,
  listOperatedQuotaRequests,
  lockQuotaRequest,
  type OperatedQuotaRequest,
  type QuotaRequestPage,
} from './quota-request-store.ts'

/** What operators say to the requests of tenants. Each decision is told by a notice and stands in both logs. */
export type QuotaDecisionService = {
  list(page: QuotaRequestPage): Promise<OperatedQuotaRequest[]>
  /** What was asked for is the tenant's limit from the commit on. */
  approve(context: OperatorContext, id: string, answer: string | null): Promise<OperatedQuotaRequest>
  decline(context: OperatorContext, id: string, answer: string): Promise<OperatedQuotaRequest>
}

export function createQuotaDecisionService({
  database,
}: {
  database: Pick<Database, 'withPlatform'>
}): QuotaDecisionService {
  const find = async (tx: PlatformTx, id: string): Promise<OperatedQuotaRequest> => {
    const request = await findOperatedQuotaRequest(tx, id)
    if (request === undefined) throw new NotFoundError('The quota request')
    return request
  }

  /** Locks quotas before requests, like a tenant that asks. */
  const lockOpen = async (tx: PlatformTx, id: string): Promise<OperatedQuotaRequest> => {
    await lockPlans(tx)
    const { slug, tenantId } = await find(tx, id)
    await lockOperatedTenant(tx, slug)
    const locked = await lockQuotaRequest(tx, tenantId, id)
    if (locked?.state !== 'open') throw new AppError('conflict', `The request is ${locked?.state ?? 'gone'} already.`)
    return find(tx, id)
  }

  const decide = async (
    tx: PlatformTx,
    context: OperatorContext,
    request: OperatedQuotaRequest,
    { state, answer }: { state: 'approved' | 'declined'; answer: string | null },
  ): Promise<OperatedQuotaRequest> => {
    const { id, tenantId, slug, quota, value } = request
    await decideQuotaRequest(tx, { tenantId, id, state, answer })
    const outcome = state === 'approved' ? `is ${value} now` : 'stays as it is'
    await raiseNotice(tx, [tenantId], {
      kind: 'quota_request_decided',
      severity: 'info',
      subject: { kind: 'quota_request', id },
      message: `The operator has ${state} the request for more ${quota}: the limit ${outcome}.`,
      data: { quota, value, state, answer },
    })
    await logTenantChange(tx, context, {
      tenant: { id: tenantId, slug },
      action: state === 'approved' ? 'quota_request.approve' : 'quota_request.decline',
      target: { kind: 'quota_request', id },
      before: { limit: request.limit },
      after: { quota, value, answer, limit: state === 'approved' ? value : request.limit },
    })
    return find(tx, id)
  }

  return {
    list: (page) => database.withPlatform((tx) => listOperatedQuotaRequests(tx, page)),

    approve: (context, id, answer) =>
      database.withPlatform(async (tx) => {
        const request = await lockOpen(tx, id)
        const { tenantId, quota, value, limit } = request
        if (value <= limit) throw new AppError('conflict', `The limit is ${limit} by now: decline the request.`)
        await updateOverride(tx, tenantId, { quota, override: value, limit: value })
        await countVersion(tx, tenantId)
        return decide(tx, context, request, { state: 'approved', answer })
      }),

    decline: (context, id, answer) =>
      database.withPlatform(async (tx) => decide(tx, context, await lockOpen(tx, id), { state: 'declined', answer })),
  }
}
