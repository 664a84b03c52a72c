import { sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'
import type { QuotaName } from './quota-store.ts'

export const quotaRequestStates = ['open', 'approved', 'declined', 'withdrawn'] as const
export type QuotaRequestState = (typeof quotaRequestStates)[number]

export type QuotaRequest = {
  id: string
  quota: QuotaName
  value: number
  reason: string
  state: QuotaRequestState
  requestedBy: string
  limitBefore: number
  answer: string | null
  decidedAt: Date | null
  createdAt: Date
}

const columns = sql`
  r.id, r.quota, r.value, r.reason, r.state, r.requested_by as "requestedBy", r.limit_before as "limitBefore", r.answer,
  r.decided_at as "decidedAt", r.created_at as "createdAt"`

export async function insertQuotaRequest(
  tx: TenantTx,
  tenantId: string,
  request: Pick<QuotaRequest, 'id' | 'quota' | 'value' | 'reason' | 'requestedBy' | 'limitBefore'>,
): Promise<void> {
  await tx.execute(sql`
    insert into quota_requests (tenant_id, id, quota, value, reason, requested_by, limit_before)
    values (${tenantId}, ${request.id}, ${request.quota}, ${request.value}, ${request.reason}, ${request.requestedBy},
      ${request.limitBefore})`)
}

export type QuotaRequestPage = { before: string | undefined; limit: number; state: QuotaRequestState | undefined }

/** Newest first. */
export async function listQuotaRequests(
  tx: TenantTx,
  tenantId: string,
  { before, limit, state }: QuotaRequestPage,
): Promise<QuotaRequest[]> {
  return tx.rows(sql<QuotaRequest>`
    select ${columns} from quota_requests r
    where r.tenant_id = ${tenantId} and (${before ?? null}::uuid is null or r.id < ${before ?? null}::uuid)
      and (${state ?? null}::text is null or r.state = ${state ?? null})
    order by r.id desc limit ${limit}`)
}

/** Nobody decides or withdraws it before this transaction ends. */
export async function lockQuotaRequest(
  tx: TenantTx | PlatformTx,
  tenantId: string,
  id: string,
): Promise<QuotaRequest | undefined> {
  return tx.row(sql<QuotaRequest>`
    select ${columns} from quota_requests r where r.tenant_id = ${tenantId} and r.id = ${id} for update`)
}

export async function withdrawQuotaRequest(tx: TenantTx, tenantId: string, id: string): Promise<void> {
  await tx.execute(sql`
    update quota_requests set state = 'withdrawn', decided_at = now() where tenant_id = ${tenantId} and id = ${id}`)
}

/** A request with the tenant that asks, as operators see it. */
export type OperatedQuotaRequest = QuotaRequest & { tenantId: string; slug: string; tenantName: string; limit: number }

const operated = sql`
  select ${columns}, r.tenant_id as "tenantId", t.slug, t.name as "tenantName", q.lim as "limit"
  from quota_requests r
  join tenants t on t.id = r.tenant_id and t.is_active
  join quotas q on q.tenant_id = r.tenant_id and q.quota = r.quota`

/** Of all tenants, newest first. */
export async function listOperatedQuotaRequests(
  tx: PlatformTx,
  { before, limit, state }: QuotaRequestPage,
): Promise<OperatedQuotaRequest[]> {
  return tx.rows(sql<OperatedQuotaRequest>`
    ${operated}
    where (${before ?? null}::uuid is null or r.id < ${before ?? null}::uuid)
      and (${state ?? null}::text is null or r.state = ${state ?? null})
    order by r.id desc limit ${limit}`)
}

export async function findOperatedQuotaRequest(tx: PlatformTx, id: string): Promise<OperatedQuotaRequest | undefined> {
  return tx.row(sql<OperatedQuotaRequest>`${operated} where r.id = ${id}`)
}

export async function decideQuotaRequest(
  tx: PlatformTx,
  {
    tenantId,
    id,
    state,
    answer,
  }: { tenantId: string; id: string; state: 'approved' | 'declined'; answer: string | null },
): Promise<void> {
  await tx.execute(sql`
    update quota_requests set state = ${state}, answer = ${answer}, decided_at = now()
    where tenant_id = ${tenantId} and id = ${id}`)
}
