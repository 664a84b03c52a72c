import { z } from 'zod'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from './page.ts'
import type { QuotaDecisionService } from './quota-decision-service.ts'
import {
  operatedQuotaRequestAnswer,
  operatedQuotaRequestAnswerOf,
  quotaRequestAnswer,
  quotaRequestAnswerOf,
  quotaRequestBody,
  quotaRequestState,
  requestReason,
} from './quota-request-schema.ts'
import type { QuotaRequestService } from './quota-request-service.ts'
import { listQuotaRequests } from './quota-request-store.ts'
import { operatorRoute, tenantRoute, type OperatorInput, type Route } from './route.ts'
import { writeContextOf } from './write-context.ts'

const query = z.object({ ...pageQuery, state: quotaRequestState.optional() })
const cursorSchema = z.tuple([z.guid()])
const list = '/tenants/:slug/quota-requests'
const listParams = z.object({ slug: z.string() })
const decisionParams = z.object({ request_id: z.guid() })

/** Asking for more, by owners. */
export function createQuotaRequestRoutes(service: QuotaRequestService): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: list,
      operationId: 'listQuotaRequests',
      summary: 'List what was asked of the operator, newest first',
      tag: 'quota',
      permission: 'billing:read',
      params: listParams,
      query,
      responses: { 200: pageAnswer(quotaRequestAnswer) },
      handler: async ({ tenant, query: { limit, cursor, state }, read }) => {
        const before = beforeOf(cursor)
        const rows = await read((tx) => listQuotaRequests(tx, tenant.id, { before, limit: limit + 1, state }))
        const { items, next_cursor } = page(rows, limit, ({ id }) => encodeCursor([id]))
        return { status: 200, body: { items: items.map(quotaRequestAnswerOf), next_cursor } }
      },
    }),
    tenantRoute({
      method: 'POST',
      path: list,
      operationId: 'createQuotaRequest',
      summary: 'Ask the operator for a higher limit',
      description: 'One open request per quota (409). The decision comes as the notice `quota_request_decided`.',
      tag: 'quota',
      permission: 'billing:write',
      params: listParams,
      body: quotaRequestBody,
      responses: { 201: quotaRequestAnswer },
      handler: async (input) =>
        input.write(async (tx) => ({
          status: 201,
          body: quotaRequestAnswerOf(await service.create(tx, writeContextOf(input), input.body)),
        })),
    }),
    tenantRoute({
      method: 'POST',
      path: '/tenants/:slug/quota-requests/:request_id/withdraw',
      operationId: 'withdrawQuotaRequest',
      summary: 'Withdraw an open request',
      tag: 'quota',
      permission: 'billing:write',
      params: z.object({ slug: z.string(), request_id: z.guid() }),
      responses: { 200: quotaRequestAnswer },
      handler: async (input) =>
        input.write(async (tx) => ({
          status: 200,
          body: quotaRequestAnswerOf(await service.withdraw(tx, writeContextOf(input), input.params.request_id)),
        })),
    }),
  ]
}

/** Deciding, by operators. */
export function createQuotaDecisionRoutes(service: QuotaDecisionService): Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/operator/quota-requests',
      operationId: 'listOperatedQuotaRequests',
      summary: 'List what tenants ask for, newest first',
      tag: 'operator',
      query,
      responses: { 200: pageAnswer(operatedQuotaRequestAnswer) },
      handler: async ({ query: { limit, cursor, state } }) => {
        const rows = await service.list({ before: beforeOf(cursor), limit: limit + 1, state })
        const { items, next_cursor } = page(rows, limit, ({ id }) => encodeCursor([id]))
        return { status: 200, body: { items: items.map(operatedQuotaRequestAnswerOf), next_cursor } }
      },
    }),
    operatorRoute({
      method: 'POST',
      path: '/operator/quota-requests/:request_id/approve',
      operationId: 'approveQuotaRequest',
      summary: 'Give a tenant the limit that it asks for',
      tag: 'operator',
      params: decisionParams,
      body: z.strictObject({ reason: requestReason.optional() }),
      responses: { 200: operatedQuotaRequestAnswer },
      handler: async (input) => {
        const { request_id: id } = input.params
        const request = await service.approve(contextOf(input), id, input.body.reason ?? null)
        return { status: 200, body: operatedQuotaRequestAnswerOf(request) }
      },
    }),
    operatorRoute({
      method: 'POST',
      path: '/operator/quota-requests/:request_id/decline',
      operationId: 'declineQuotaRequest',
      summary: 'Decline what a tenant asks for, and say why',
      tag: 'operator',
      params: decisionParams,
      body: z.strictObject({ reason: requestReason }),
      responses: { 200: operatedQuotaRequestAnswer },
      handler: async (input) => {
        const request = await service.decline(contextOf(input), input.params.request_id, input.body.reason)
        return { status: 200, body: operatedQuotaRequestAnswerOf(request) }
      },
    }),
  ]
}

function beforeOf(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema)[0]
}

function contextOf({ operator, origin }: Pick<OperatorInput, 'operator' | 'origin'>) {
  return { operator: { id: operator.id, name: operator.email }, origin, ifMatch: undefined }
}
