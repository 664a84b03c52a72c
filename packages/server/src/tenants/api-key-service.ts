import type { Clock } from '../platform/clock.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import { InvalidObjectError, NotFoundError, type Problem } from '../platform/errors.ts'
import type { Ids } from '../platform/ids.ts'
import { createApiKeyText } from './api-key-text.ts'
import { findApiKey, insertApiKey, revokeApiKey, type ApiKeyRow } from './api-key-store.ts'
import { insertAuditEvent } from './audit-store.ts'
import { grantedPermissionOf, type KeyPermission } from './permissions.ts'
import type { Authority } from './route.ts'
import type { WriteContext } from './write-context.ts'

export type ApiKeyInput = { name: string; permissions: KeyPermission[]; expires_at?: string | null | undefined }

/** The machine credentials of a tenant. */
export type ApiKeyService = {
  get(tx: TenantTx, tenantId: string, id: string): Promise<ApiKeyRow>
  /** The text of a key is in this answer and nowhere else. A key never may more than who creates it. */
  create(
    tx: TenantTx,
    context: WriteContext & { authority: Authority },
    input: ApiKeyInput,
  ): Promise<{ row: ApiKeyRow; key: string }>
  /** Effective at once. Revoking a revoked key changes nothing. */
  revoke(tx: TenantTx, context: WriteContext, id: string): Promise<void>
}

export function createApiKeyService({ ids, clock }: { ids: Ids; clock: Pick<Clock, 'now'> }): ApiKeyService {
  const get: ApiKeyService['get'] = async (tx, tenantId, id) => {
    const row = await findApiKey(tx, tenantId, id)
    if (row === undefined) throw new NotFoundError('The API key')
    return row
  }

  return {
    get,

    create: async (tx, { tenantId, actor, origin, authority }, input) => {
      const permissions = mergePermissions(input.permissions)
      const expiresAt = input.expires_at == null ? null : new Date(input.expires_at)
      const problems = [
        ...permissionProblems(input.permissions, authority),
        ...(expiresAt !== null && expiresAt <= clock.now() ? [expired] : []),
      ]
      if (problems.length > 0) throw new InvalidObjectError(problems)
      const { text, parts } = createApiKeyText(ids)
      const id = ids.uuid()
      const content = { name: input.name, permissions, creatorRole: authority.role, createdBy: actor.id, expiresAt }
      await insertApiKey(tx, tenantId, { id, ...parts, ...content })
      const row = await get(tx, tenantId, id)
      await insertAuditEvent(tx, tenantId, {
        actor,
        origin,
        action: 'api_key.create',
        target: { kind: 'api_key', id },
        after: { name: input.name, permissions, expires_at: expiresAt?.toISOString() ?? null },
      })
      return { row, key: text }
    },

    revoke: async (tx, { tenantId, actor, origin }, id) => {
      const row = await get(tx, tenantId, id)
      if (!(await revokeApiKey(tx, tenantId, id))) return
      await insertAuditEvent(tx, tenantId, {
        actor,
        origin,
        action: 'api_key.revoke',
        target: { kind: 'api_key', id },
        before: { name: row.name, permissions: row.permissions },
      })
    },
  }
}

const expired: Problem = { pointer: '/expires_at', code: 'in_the_past', message: 'The key would have expired already.' }

function permissionProblems(permissions: readonly KeyPermission[], authority: Authority): Problem[] {
  return permissions.flatMap(({ resource, actions }, index) =>
    actions.flatMap((action, position): Problem[] => {
      const pointer = `/permissions/${index}/actions/${position}`
      const permission = grantedPermissionOf(resource, action)
      if (permission === undefined) {
        return [{ pointer, code: 'unknown_permission', message: `There is no permission ${resource}:${action}.` }]
      }
      if (authority.may(permission)) return []
      return [{ pointer, code: 'permission_exceeds_creator', message: `You do not have ${permission} yourself.` }]
    }),
  )
}

/** Each resource and action once, in the order of their first mention. */
function mergePermissions(permissions: readonly KeyPermission[]): KeyPermission[] {
  const byResource = new Map<KeyPermission['resource'], Set<KeyPermission['actions'][number]>>()
  for (const { resource, actions } of permissions) {
    const merged = byResource.get(resource) ?? new Set()
    for (const action of actions) merged.add(action)
    byResource.set(resource, merged)
  }
  return [...byResource].map(([resource, actions]) => ({ resource, actions: [...actions] }))
}
