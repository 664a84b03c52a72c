import { z } from 'zod'
import { quotaLimit } from './plan-schema.ts'
import { quotaRequestStates, type OperatedQuotaRequest, type QuotaRequest } from './quota-request-store.ts'
import { quotaNames } from './quota-store.ts'

export const requestReason = z.string().trim().min(1).max(2_000)

export const quotaRequestState = z.enum(quotaRequestStates)

export const quotaRequestBody = z.strictObject({
  quota: z.enum(quotaNames),
  value: quotaLimit.min(1).meta({ description: 'The limit that is asked for.' }),
  reason: requestReason,
})

const requestShape = {
  id: z.uuid(),
  quota: z.enum(quotaNames),
  value: z.int(),
  reason: z.string(),
  state: quotaRequestState,
  requested_by: z.string(),
  limit_before: z.int().meta({ description: 'The limit when it was asked for.' }),
  decision_reason: z.string().nullable().meta({ description: 'What the operator says to it.' }),
  decided_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
}

export const quotaRequestAnswer = z
  .object(requestShape)
  .meta({ id: 'QuotaRequest', description: 'What an owner asks of the operator.' })

export const operatedQuotaRequestAnswer = z
  .object({
    ...requestShape,
    tenant: z.object({ slug: z.string(), name: z.string() }),
    limit: z.int().meta({ description: 'The limit now.' }),
  })
  .meta({ id: 'OperatedQuotaRequest' })

export function quotaRequestAnswerOf(request: QuotaRequest) {
  const { id, quota, value, reason, state, requestedBy, limitBefore, answer, decidedAt, createdAt } = request
  const dates = { decided_at: decidedAt?.toISOString() ?? null, created_at: createdAt.toISOString() }
  return {
    id,
    quota,
    value,
    reason,
    state,
    requested_by: requestedBy,
    limit_before: limitBefore,
    decision_reason: answer,
    ...dates,
  }
}

export function operatedQuotaRequestAnswerOf(request: OperatedQuotaRequest) {
  const { slug, tenantName: name, limit } = request
  return { ...quotaRequestAnswerOf(request), tenant: { slug, name }, limit }
}
