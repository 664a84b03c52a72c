import { z } from 'zod'
import type { ApiKeyService } from './api-key-service.ts'
import { listApiKeys, type ApiKeyRow } from './api-key-store.ts'
import { decodeCursor, encodeCursor, page, pageAnswer, pageQuery } from './page.ts'
import { keyPermissionList, roles } from './permissions.ts'
import { tenantRoute, type Route } from './route.ts'
import { timeFilter } from './time-filter.ts'
import { writeContextOf } from './write-context.ts'

const keyShape = {
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().meta({ description: 'How the key begins, to recognise it by.' }),
  permissions: keyPermissionList,
  creator_role: z.enum(roles),
  created_by: z.string().nullable().meta({ description: 'The user or key that created it.' }),
  expires_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable().meta({ description: 'To the minute.' }),
  created_at: z.iso.datetime(),
}
const keyAnswer = z.object(keyShape).meta({ id: 'ApiKey' })
const newKeyAnswer = z
  .object({ ...keyShape, key: z.string().meta({ description: 'The key itself. It is shown this once.' }) })
  .meta({ id: 'NewApiKey' })

const keyBody = z.strictObject({
  name: z.string().trim().min(1).max(200),
  permissions: keyPermissionList.min(1).max(50),
  expires_at: timeFilter.nullable().optional(),
})

const tag = 'api-keys'
const list = '/tenants/:slug/api-keys'
const one = '/tenants/:slug/api-keys/:key_id'
const listParams = z.object({ slug: z.string() })
const oneParams = z.object({ slug: z.string(), key_id: z.guid() })
const cursorSchema = z.tuple([z.guid()])

export function createApiKeyRoutes(service: ApiKeyService): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: list,
      operationId: 'listApiKeys',
      summary: 'List API keys, revoked ones included, newest first',
      tag,
      permission: 'api_keys:read',
      params: listParams,
      query: z.object(pageQuery),
      responses: { 200: pageAnswer(keyAnswer) },
      handler: async ({ tenant, query: { limit, cursor }, read }) => {
        const before = cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema)[0]
        const rows = await read((tx) => listApiKeys(tx, tenant.id, { before, limit: limit + 1 }))
        const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.id]))
        return { status: 200, body: { items: items.map(answerOf), next_cursor } }
      },
    }),
    tenantRoute({
      method: 'POST',
      path: list,
      operationId: 'createApiKey',
      summary: 'Create an API key',
      description: 'The key is shown once. Its permissions are never more than those of who creates it.',
      tag,
      permission: 'api_keys:write',
      params: listParams,
      body: keyBody,
      responses: { 201: newKeyAnswer },
      handler: async (input) =>
        input.write(async (tx) => {
          const context = { ...writeContextOf(input), authority: input.authority }
          const { row, key } = await service.create(tx, context, input.body)
          return { status: 201, body: { ...answerOf(row), key } }
        }),
    }),
    tenantRoute({
      method: 'GET',
      path: one,
      operationId: 'getApiKey',
      summary: 'Read an API key',
      tag,
      permission: 'api_keys:read',
      params: oneParams,
      responses: { 200: keyAnswer },
      handler: async ({ tenant, params, read }) => ({
        status: 200,
        body: answerOf(await read((tx) => service.get(tx, tenant.id, params.key_id))),
      }),
    }),
    tenantRoute({
      method: 'DELETE',
      path: one,
      operationId: 'revokeApiKey',
      summary: 'Revoke an API key',
      description: 'Effective at once; it stays listed as revoked.',
      tag,
      permission: 'api_keys:write',
      params: oneParams,
      responses: { 204: null },
      handler: async (input) =>
        input.write(async (tx) => {
          await service.revoke(tx, writeContextOf(input), input.params.key_id)
          return { status: 204 }
        }),
    }),
  ]
}

function answerOf(row: ApiKeyRow) {
  return {
    id: row.id,
    name: row.name,
    prefix: `smt_${row.keyId.slice(0, 6)}`,
    permissions: row.permissions,
    creator_role: row.creatorRole,
    created_by: row.createdBy,
    expires_at: row.expiresAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  }
}
